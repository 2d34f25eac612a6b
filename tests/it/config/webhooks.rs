//! Endpoints of webhooks in the configuration: none without a secret, none twice, none that leads
//! where nothing may be sent.

use super::sample::Sample;

const SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

/// The keys that a configuration with these endpoints is blamed for.
fn blamed(mut sample: Sample, endpoints: &[&str]) -> Vec<String> {
    let endpoints: Vec<_> = endpoints.iter().map(|rest| format!("{{ {rest} }}")).collect();
    sample.set("webhooks", &format!("[{}]", endpoints.join(", ")).replace("SECRET", SECRET));
    let mistakes = sample.load(&[]).err();
    let mistakes = mistakes.map(|mistakes| mistakes.as_slice().to_vec()).unwrap_or_default();
    assert!(mistakes.iter().all(|mistake| !mistake.to_string().contains(SECRET)));
    mistakes.into_iter().map(|mistake| mistake.key).collect()
}

#[test]
fn a_good_endpoint_is_taken() {
    let full = "id = 'ledger-2', url = 'https://ledger.partner.example/x?y=z', secret = 'SECRET', \
                previous_secret = 'SECRET', events = ['verification.updated'], \
                allow_networks = ['10.0.0.0/8'], timeout = '3s'";
    let other = "id = 'crm', url = 'https://10.1.2.3/', secret = 'SECRET', \
                 allow_networks = ['10.1.2.3']";

    assert_eq!(blamed(Sample::public(), &[full, other]), [""; 0]);
}

#[test]
fn every_mistake_of_an_endpoint_is_found() {
    for (endpoint, expected) in [
        ("", vec!["id", "url", "secret_file"]),
        ("id = 'A', url = 'https://a.example/', secret = 'SECRET'", vec!["id"]),
        ("id = 'a', url = 'http://a.example/', secret = 'SECRET'", vec!["url"]),
        ("id = 'a', url = 'https://u:p@a.example/', secret = 'SECRET'", vec!["url"]),
        ("id = 'a', url = 'https://127.0.0.1/', secret = 'SECRET'", vec!["url"]),
        ("id = 'a', url = 'https://10.1.2.3/', secret = 'SECRET'", vec!["url"]),
        ("id = 'a', url = 'https://a.example/', secret = 'whsec_c2hvcnQ='", vec!["secret"]),
        ("id = 'a', url = 'https://a.example/'", vec!["secret_file"]),
        (
            "id = 'a', url = 'https://a.example/', secret = 'SECRET', previous_secret = 'x'",
            vec!["previous_secret"],
        ),
        (
            "id = 'a', url = 'https://a.example/', secret = 'SECRET', events = ['x'], \
             allow_networks = ['0.0.0.0/0'], timeout = '1h'",
            vec!["allow_networks", "events", "timeout"],
        ),
    ] {
        let expected: Vec<_> = expected.iter().map(|name| format!("webhooks[0].{name}")).collect();

        assert_eq!(blamed(Sample::public(), &[endpoint]), expected, "{endpoint}");
    }
}

#[test]
fn two_endpoints_need_two_names() {
    let one = "id = 'a', url = 'https://a.example/', secret = 'SECRET'";

    assert_eq!(blamed(Sample::public(), &[one, one]), ["webhooks[1].id"]);
}
