//! Each alarm that the program raises is explained to operators, and none besides.

use std::collections::BTreeSet;

use super::source::Source;

/// The names that a file gives alarms: of a verification (`Alarm::as_str`), or spelled where one is
/// raised.
fn raised(source: &Source) -> BTreeSet<&str> {
    let names = source.text.split("impl Alarm {").nth(1).and_then(|it| it.split("\n}\n").next());
    let of_verifications = names.into_iter().flat_map(|it| it.split("=> \"").skip(1));
    let spelled = source.text.split("alarm = \"").skip(1);
    of_verifications.chain(spelled).filter_map(|rest| rest.split('"').next()).collect()
}

/// The first cells of the table below the heading.
fn explained(page: &str) -> BTreeSet<&str> {
    let section = page.split("\n### Alarms\n").nth(1).unwrap_or_default();
    let section = section.split("\n#").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).filter(|name| *name != "alarm").collect()
}

#[cfg(test)]
mod tests {
    use super::{super::source, *};

    #[test]
    fn every_alarm_is_explained_and_no_other() {
        let mut sources = source::rust();
        sources.retain(|it| it.path.starts_with("src/"));
        let page = source::one("docs/logging.md");

        let raised: BTreeSet<&str> = sources.iter().flat_map(raised).collect();

        assert!(raised.len() > 5, "the alarms were not found: {raised:?}");
        assert_eq!(raised, explained(&page.text));
    }

    #[test]
    fn alarms_are_found_in_both_forms() {
        let text = "impl Alarm {\n  x => \"one\",\n}\n\nimpl Other {\n  y => \"no\" }\nwarn!(alarm = \"two\");";

        let invented = Source::invented("src/x.rs", text);

        assert_eq!(raised(&invented), BTreeSet::from(["one", "two"]));
    }
}
