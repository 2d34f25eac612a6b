//! A certificate authority for one test, and a server with a certificate of it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::{
    ServerConfig, ServerConnection, Stream,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const ED25519: [u8; 3] = [0x2b, 0x65, 0x70];

/// Signs certificates.
pub(super) struct Authority {
    key: Ed25519KeyPair,
    own: Vec<u8>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = Ed25519KeyPair::generate().unwrap();
        // Basic constraints, critical: an authority.
        let yes = [0x01, 0x01, 0xff];
        let constraints = der(OCTETS, &[&der(SEQUENCE, &[&yes])]);
        let mark = der(SEQUENCE, &[&der(OID, &[&[0x55, 0x1d, 0x13]]), &yes, &constraints]);
        let own = certificate(&key, &key, "authority", "20990101000000Z", &mark);
        Self { key, own }
    }

    /// Its own certificate, as operators configure it.
    pub(super) fn pem(&self) -> String {
        let body = BASE64_STANDARD.encode(&self.own);
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    }

    /// A server that knows nobody, called `localhost` and good until `end`.
    pub(super) fn serve(&self, end: &str) -> SocketAddr {
        let key = Ed25519KeyPair::generate().unwrap();
        let name = der(SEQUENCE, &[&der(0x82, &[b"localhost"])]);
        let alternative =
            der(SEQUENCE, &[&der(OID, &[&[0x55, 0x1d, 0x11]]), &der(OCTETS, &[&name])]);
        let leaf = certificate(&self.key, &key, "server", end, &alternative);
        let private = PrivatePkcs8KeyDer::from(key.to_pkcs8().unwrap().as_ref().to_vec());
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(leaf)], PrivateKeyDer::Pkcs8(private))
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut socket in listener.incoming().flatten() {
                let mut session = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = Stream::new(&mut session, &mut socket);
                // A client that does not like the certificate goes away.
                if stream.read(&mut [0; 4096]).is_ok() {
                    let _ = stream.write_all(
                        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                    );
                }
            }
        });
        address
    }
}

/// A certificate for `subject` by `issuer` with one extension (RFC 5280, section 4.1).
fn certificate(
    issuer: &Ed25519KeyPair,
    subject: &Ed25519KeyPair,
    name: &str,
    end: &str,
    extension: &[u8],
) -> Vec<u8> {
    let algorithm = der(SEQUENCE, &[&der(OID, &[&ED25519])]);
    let named = |text: &str| {
        let pair =
            der(SEQUENCE, &[&der(OID, &[&[0x55, 0x04, 0x03]]), &der(0x0c, &[text.as_bytes()])]);
        der(SEQUENCE, &[&der(0x31, &[&pair])])
    };
    let life = der(SEQUENCE, &[&der(0x17, &[b"200101000000Z"]), &der(0x18, &[end.as_bytes()])]);
    let key = der(SEQUENCE, &[&algorithm, &der(0x03, &[&[0], subject.public_key().as_ref()])]);
    let version = der(0xa0, &[&[0x02, 0x01, 0x02]]);
    let serial = [0x02, 0x01, 0x07];
    let extensions = der(0xa3, &[&der(SEQUENCE, &[extension])]);
    let body = der(
        SEQUENCE,
        &[
            &version,
            &serial,
            &algorithm,
            &named("authority"),
            &life,
            &named(name),
            &key,
            &extensions,
        ],
    );
    let signature = issuer.sign(&body);
    der(SEQUENCE, &[&body, &algorithm, &der(0x03, &[&[0], signature.as_ref()])])
}

/// One element of the distinguished encoding (X.690, sections 8.1 and 10.1).
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        Ok(one) => bytes.extend([0x81, one]),
        Err(_) => {
            bytes.push(0x82);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}
