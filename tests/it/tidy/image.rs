//! The image can be built: what its recipe copies is let into the build.

use super::source;

/// What the recipe copies from the folder of the project and `.dockerignore` keeps from it.
fn kept_away(recipe: &str, ignored: &str) -> Vec<String> {
    let let_in: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let copied = recipe.lines().filter_map(|line| line.strip_prefix("COPY "));
    copied
        .filter(|arguments| !arguments.starts_with("--from="))
        .flat_map(|arguments| {
            let mut names: Vec<&str> = arguments.split_whitespace().collect();
            // The last one is where the others go.
            names.pop();
            names
        })
        .filter(|name| !let_in.contains(name))
        .map(|name| format!("Dockerfile copies `{name}`, .dockerignore keeps it away"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_image_is_built_from_is_let_in() {
        let (recipe, ignored) = (source::one("Dockerfile"), source::one(".dockerignore"));

        assert!(recipe.text.contains("\nCOPY Cargo.toml "), "the recipe was not understood");
        source::assert_none(&kept_away(&recipe.text, &ignored.text));
    }

    #[test]
    fn what_is_kept_away_is_noticed() {
        let recipe = "FROM a AS b\nCOPY x y ./\nCOPY z z\nCOPY --from=b /w /w\n";

        let found = kept_away(recipe, "*\n!x\n!z\n");

        assert_eq!(found, ["Dockerfile copies `y`, .dockerignore keeps it away"]);
    }
}
