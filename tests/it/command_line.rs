//! What the command line says of itself, and to whoever gets it wrong.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::support::{Issuer, write_settings};

/// Runs the program where nothing is configured.
fn gerbang(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
    command.args(arguments).env_remove("GERBANG_CONFIG").output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = gerbang(arguments);
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands below one, as its help lists them.
fn commands_of(path: &[&str]) -> Vec<String> {
    let help = printed(&[path, &["--help"]].concat());
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = list.split("\n\n").next().unwrap().lines();
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(ToOwned::to_owned).collect()
}

#[test]
fn each_command_has_a_page_of_the_manual_and_the_first_names_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/man1");

    printed(&["man", "--out", &out.display().to_string()]);

    let first = fs::read_to_string(out.join("gerbang.1")).unwrap();
    assert_eq!(first, printed(&["man"]));
    let mut pages = 1;
    for name in commands_of(&[]) {
        assert!(first.contains(&format!("gerbang\\-{name}(1)")), "{name}: {first}");
        for page in
            commands_of(&[&name]).iter().map(|it| format!("{name}-{it}")).chain([name.clone()])
        {
            let text = fs::read_to_string(out.join(format!("gerbang-{page}.1"))).unwrap();
            assert!(text.contains(".SH DESCRIPTION"), "{page}: {text}");
            pages += 1;
        }
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), pages);
}

#[test]
fn bash_completes_commands_and_options() {
    let script = printed(&["completions", "bash"]);
    let ask = "complete_words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        _gerbang gerbang \"${!#}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; echo \"${COMPREPLY[*]}\"; }
        complete_words gerbang heal; complete_words gerbang token mint --sub
        complete_words gerbang completions zs\n";
    let Ok(mut bash) = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
    else {
        return;
    };

    bash.stdin.take().unwrap().write_all((script + ask).as_bytes()).unwrap();

    let said = String::from_utf8(bash.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(said, "healthcheck\n--subject\nzsh\n");
}

#[test]
fn every_shell_is_served() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);

        assert!(script.contains("healthcheck"), "{shell}");
    }
}

#[test]
fn whoever_gets_a_command_wrong_is_told_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    write_settings(&folder, "http://127.0.0.1:9", &Issuer::new("apps"), "");
    let file = folder.path().join("gerbang.toml").display().to_string();
    let file = file.as_str();
    let settings: &[&str] = &["--config", file];
    for (before, arguments, code, remedy) in [
        (&[][..], &["serv"][..], 2, "a similar subcommand exists: 'serve'"),
        (&[], &["serve"], 1, "--config FILE or GERBANG_CONFIG"),
        (&[], &["config", "check"], 1, "--config FILE or GERBANG_CONFIG"),
        (&[], &["completions", "tcsh"], 2, "[possible values: bash, elvish, fish"),
        (&[], &["man", "--out", "/dev/null/man"], 1, "choose another"),
        (&[], &["demo", "--port", "99999"], 2, "not in 0..=65535"),
        (&[], &["sandbox", "--listen", "here"], 2, "--listen <ADDRESS:PORT>"),
        (&[], &["keys", "generate", "--out", "/dev/null/keys"], 1, "in a folder that is there"),
        (&[], &["token", "key", "--out", "/dev/null/key"], 1, "in a folder that is there"),
        (&[], &["callbacks", "show", "x"], 2, "`gerbang callbacks list` prints those there are"),
        (&[], &["webhook", "redeliver", "x"], 2, "`gerbang webhook list` prints those there are"),
        (settings, &["callbacks", "list"], 1, "run this where the gateway runs"),
        (settings, &["webhook", "list"], 1, "run this where the gateway runs"),
        (settings, &["subject", "erase", "--user", "cust-1"], 1, "run this where the gateway runs"),
        (settings, &["audit", "verify"], 1, "run this where the gateway runs"),
        (settings, &["keys", "status"], 1, "run this where the gateway runs"),
    ] {
        let output = gerbang(&[before, arguments].concat());

        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(remedy), "{arguments:?}: {said}");
    }
    assert!(!Path::new(&folder.path().join("gerbang.db")).exists());
}
