//! The image can be built: what its recipe copies is let into the build, and what is compiled in is
//! copied.

use super::source::{self, Source};

/// What the recipe copies from the folder of the project.
fn copied(recipe: &str) -> Vec<&str> {
    let copied = recipe.lines().filter_map(|line| line.strip_prefix("COPY "));
    copied
        .filter(|arguments| !arguments.starts_with("--from="))
        .flat_map(|arguments| {
            let mut names: Vec<&str> = arguments.split_whitespace().collect();
            // The last one is where the others go.
            names.pop();
            names
        })
        .collect()
}

/// What the recipe copies and `.dockerignore` keeps from it.
fn kept_away(recipe: &str, ignored: &str) -> Vec<String> {
    let let_in: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    copied(recipe)
        .into_iter()
        .filter(|name| !let_in.contains(name))
        .map(|name| format!("Dockerfile copies `{name}`, .dockerignore keeps it away"))
        .collect()
}

/// What the file compiles in, outside its tests, and the build of the image would not find.
fn left_behind(source: &Source, recipe: &str, ignored: &str) -> Vec<String> {
    let text = source.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let copied = copied(recipe);
    let hidden: Vec<&str> = ignored
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(['!', '#', '*']))
        .collect();
    included(text)
        .into_iter()
        .map(|literal| resolved(&source.path, literal))
        .filter(|path| {
            !copied.iter().any(|place| is_below(path, place))
                || hidden.iter().any(|place| is_below(path, place))
        })
        .map(|path| format!("{} compiles in `{path}`, the image is built without", source.path))
        .collect()
}

/// The first literal of each `include_str!`, `include_bytes!` and `include!`: the whole path, or with
/// `concat!` how it begins.
fn included(text: &str) -> Vec<&str> {
    ["include_str!", "include_bytes!", "include!"]
        .iter()
        .flat_map(|name| text.split(name).skip(1))
        .filter_map(|rest| rest.split('"').nth(1))
        .collect()
}

/// A path that a file names from where it lies, as one of the repository.
fn resolved(from: &str, literal: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in literal.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiled for tests alone, as `mod.rs` beside it says.
    const FOR_TESTS: [&str; 1] = ["src/config/coverage.rs"];

    #[test]
    fn what_the_image_is_built_from_is_let_in() {
        let (recipe, ignored) = (source::one("Dockerfile"), source::one(".dockerignore"));

        assert!(recipe.text.contains("\nCOPY Cargo.toml "), "the recipe was not understood");
        source::assert_none(&kept_away(&recipe.text, &ignored.text));
    }

    #[test]
    fn what_is_compiled_in_is_in_the_image_that_builds() {
        let (recipe, ignored) = (source::one("Dockerfile"), source::one(".dockerignore"));
        let mut sources = source::rust();
        sources.retain(|it| it.path.starts_with("src/") && !FOR_TESTS.contains(&&*it.path));

        let found: Vec<_> =
            sources.iter().flat_map(|it| left_behind(it, &recipe.text, &ignored.text)).collect();

        assert!(sources.iter().flat_map(|it| included(&it.text)).count() > 20, "none were found");
        source::assert_none(&found);
    }

    #[test]
    fn what_is_kept_away_is_noticed() {
        let recipe = "FROM a AS b\nCOPY x y ./\nCOPY z z\nCOPY --from=b /w /w\n";

        let found = kept_away(recipe, "*\n!x\n!z\n");

        assert_eq!(found, ["Dockerfile copies `y`, .dockerignore keeps it away"]);
    }

    #[test]
    fn what_is_left_behind_is_noticed() {
        let text = "include_str!(\"here.txt\"); include_bytes!(\n    \"../../docs/a.md\"); \
                    include!(concat!(\"../../doc\", \"s/b.md\")); \
                    include_str!(\"../../docs/images/c.png\");\n\
                    #[cfg(test)]\nmod tests { include_str!(\"../../other/d\"); }";
        let invented = Source::invented("src/x/y.rs", text);

        let found = left_behind(&invented, "COPY src docs ./\n", "*\n!src\n!docs\ndocs/images\n");

        let say =
            |path: &str| format!("src/x/y.rs compiles in `{path}`, the image is built without");
        assert_eq!(found, [say("docs/images/c.png"), say("doc")]);
    }
}
