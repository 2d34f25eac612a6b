//! Key rings: which open a database, and which are refused without harm.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use gerbang::storage::{
    KeyRingError, KeySource, OpenError, Options, generate_key_ring, open as open_store,
};

use super::{
    bed::{find, issued},
    folder::{Folder, bytes},
};

#[tokio::test]
async fn another_key_ring_is_refused_and_nothing_is_overwritten() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (verification, _) = issued(&*store, "cust-1").await;
    drop(store);
    let own = bytes(&folder.keys());
    let before = bytes(&folder.database());
    let swap = |part: &str| {
        // The same ids, another key.
        let mut ring: serde_json::Value = serde_json::from_slice(&own).unwrap();
        for key in ring["keys"].as_array_mut().unwrap() {
            if key["use"] == part {
                key["key"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
            }
        }
        serde_json::to_vec(&ring).unwrap()
    };

    for part in ["wrap", "index"] {
        fs::write(folder.keys(), swap(part)).unwrap();
        let error = folder.refused().await;
        assert!(matches!(error, KeyRingError::Other(_)), "{part}: {error:?}");
    }
    fs::remove_file(folder.keys()).unwrap();
    let lost = folder.refused().await;
    let elsewhere = Folder::new();
    drop(elsewhere.open().await);
    fs::copy(elsewhere.keys(), folder.keys()).unwrap();
    let foreign = folder.refused().await;

    assert!(matches!(lost, KeyRingError::Lost), "{lost:?}");
    assert!(matches!(foreign, KeyRingError::Absent(_)), "{foreign:?}");
    assert_eq!(bytes(&folder.database()), before);
    fs::write(folder.keys(), own).unwrap();
    find(&*folder.open().await, verification.id).await;
}

#[tokio::test]
async fn a_rotated_ring_opens_what_the_retired_key_sealed() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (old, _) = issued(&*store, "cust-1").await;
    drop(store);
    let mut ring: serde_json::Value = serde_json::from_slice(&bytes(&folder.keys())).unwrap();
    let keys = ring["keys"].as_array_mut().unwrap();
    keys.iter_mut().find(|key| key["use"] == "wrap").unwrap()["state"] = "retired".into();
    keys.push(serde_json::json!({
        "id": "wrap-2", "use": "wrap", "state": "active",
        "key": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    }));
    fs::write(folder.keys(), serde_json::to_vec(&ring).unwrap()).unwrap();

    let store = folder.open().await;
    let (new, _) = issued(&*store, "cust-2").await;

    find(&*store, old.id).await;
    find(&*store, new.id).await;
    drop(store);
    // From now on both are needed.
    ring["keys"].as_array_mut().unwrap().retain(|key| key["state"] == "active");
    fs::write(folder.keys(), serde_json::to_vec(&ring).unwrap()).unwrap();
    let error = folder.refused().await;
    assert!(matches!(error, KeyRingError::Absent(_)), "{error:?}");
}

#[tokio::test]
async fn a_key_ring_that_is_none_is_refused_without_repeating_it() {
    let folder = Folder::new();
    fs::create_dir_all(folder.database().parent().unwrap()).unwrap();
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let entry = |id: &str, part: &str, state: &str, key: &str| {
        format!(r#"{{"id":"{id}","use":"{part}","state":"{state}","key":"{key}"}}"#)
    };
    let ring = |entries: &[String]| format!(r#"{{"version":1,"keys":[{}]}}"#, entries.join(","));
    let (wrap, index) = (entry("w", "wrap", "active", key), entry("i", "index", "active", key));
    let active = entry("w2", "wrap", "active", key);
    let short = entry("w", "wrap", "active", "AAAA");
    let odd = entry("w", "wrap", "sleeping-canary", key);
    let cases = [
        (String::new(), "Syntax"),
        ("[]".to_owned(), "Syntax"),
        (ring(&[odd, index.clone()]), "Syntax"),
        (ring(&[wrap.clone(), index.clone()]).replace("1,", "2,"), "Version"),
        (ring(&[wrap.clone(), wrap.clone(), index.clone()]), "Id"),
        (ring(&[entry("", "wrap", "active", key), index.clone()]), "Id"),
        (ring(&[short, index.clone()]), "Key"),
        (ring(std::slice::from_ref(&index)), "Active"),
        (ring(std::slice::from_ref(&wrap)), "Active"),
        (ring(&[wrap.clone(), active, index.clone()]), "Active"),
    ];

    for (text, kind) in cases {
        fs::write(folder.keys(), &text).unwrap();
        fs::set_permissions(folder.keys(), fs::Permissions::from_mode(0o600)).unwrap();
        let told = format!("{:?}", folder.refused().await);
        assert!(told.starts_with(kind), "{text}: {told}");
        assert!(!told.contains("AAAA") && !told.contains("canary"), "{told}");
    }
    fs::write(folder.keys(), ring(&[wrap, index])).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o610, 0o601] {
        fs::set_permissions(folder.keys(), fs::Permissions::from_mode(mode)).unwrap();
        let told = folder.refused().await;
        assert!(
            matches!(told, KeyRingError::Exposed(found) if found == mode),
            "{mode:o}: {told:?}"
        );
    }
    fs::set_permissions(folder.keys(), fs::Permissions::from_mode(0o400)).unwrap();
    folder.open().await;
}

#[tokio::test]
async fn a_configured_key_ring_must_be_there() {
    let folder = Folder::new();
    let options = Options::new(folder.database(), KeySource::File(folder.keys()));

    let error = open_store(options).await.unwrap_err();

    assert!(matches!(error, OpenError::Keys { source: KeyRingError::Missing, .. }), "{error:?}");
    assert!(!folder.keys().exists());
}

#[tokio::test]
async fn a_generated_key_ring_opens_a_store_and_is_not_overwritten() {
    let folder = Folder::new();
    let file = folder.0.path().join("ring.json");

    generate_key_ring(&file).unwrap();
    let made = bytes(&file);
    let again = generate_key_ring(&file).unwrap_err();
    let nowhere = generate_key_ring(&folder.0.path().join("absent/ring.json")).unwrap_err();

    assert!(matches!(again, KeyRingError::Exists), "{again:?}");
    assert!(matches!(nowhere, KeyRingError::File(_)), "{nowhere:?}");
    assert_eq!(bytes(&file), made);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    let ring: serde_json::Value = serde_json::from_slice(&made).unwrap();
    assert_eq!(ring["version"], 1);
    let uses: Vec<_> = ring["keys"].as_array().unwrap().iter().map(|key| &key["use"]).collect();
    assert_eq!(uses, ["wrap", "index"]);
    let options = Options::new(folder.database(), KeySource::File(file));
    let opened = open_store(options).await.unwrap();
    issued(&*opened.store, "cust-1").await;
}

#[test]
fn the_command_writes_a_key_ring_once_and_prints_no_key() {
    let folder = Folder::new();
    let file = folder.0.path().join("ring.json");
    let generate = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
        command.args(["keys", "generate", "--out"]).arg(&file).output().unwrap()
    };

    let first = generate();
    let made = bytes(&file);
    let second = generate();

    assert_eq!((first.status.code(), second.status.code()), (Some(0), Some(1)));
    assert_eq!(bytes(&file), made);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    let printed = String::from_utf8(first.stdout).unwrap();
    assert!(printed.contains(file.to_str().unwrap()) && printed.contains("copy"), "{printed}");
    let complaint = String::from_utf8(second.stderr).unwrap();
    assert!(complaint.contains("not overwritten"), "{complaint}");
    let ring: serde_json::Value = serde_json::from_slice(&made).unwrap();
    for key in ring["keys"].as_array().unwrap() {
        let key = key["key"].as_str().unwrap();
        assert!(!printed.contains(key) && !complaint.contains(key));
    }
}
