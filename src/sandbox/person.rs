//! The card data of people who do not exist.
//!
//! Region code 99 is not assigned, so no NIK from here can belong to anyone; every name says
//! `CONTOH` (Indonesian for *example*). The same user always gets the same card.

use serde_json::{Value, json};

/// What a scan of the invented card reads.
pub(super) fn card(user_id: &str) -> Value {
    let seed = seed(user_id);
    let (name, female, city) = match seed % 4 {
        0 => ("CONTOH WENING", true, "KOTA REKAAN"),
        1 => ("CONTOH BAYU", false, "KABUPATEN REKAAN"),
        2 => ("CONTOH MELATI", true, "KOTA KHAYAL"),
        _ => ("CONTOH SURYA", false, "KABUPATEN KHAYAL"),
    };
    let (day, month, year) = (1 + seed % 28, 1 + seed / 28 % 12, 1970 + seed / 336 % 30);
    // The card number holds the birth date; for women the day counts from 41.
    let nik_day = if female { day + 40 } else { day };
    json!({
        "nik": format!("990101{nik_day:02}{month:02}{:02}{:04}", year % 100, 1 + seed % 9_999),
        "name": name,
        "region": city,
        "dateOfBirth": format!("{day:02}-{month:02}-{year}"),
        "bloodType": "-",
        "religion": "ISLAM",
        "province": "PROVINSI REKAAN",
        "city": city,
        "address": format!("JALAN CONTOH NO. {}", 1 + seed % 99),
        "district": "KECAMATAN REKAAN",
        "town": "KELURAHAN REKAAN",
        "gender": if female { "female" } else { "male" },
        "rt": format!("{:03}", 1 + seed % 20),
        "rw": format!("{:03}", 1 + seed % 9),
        "occupation": "KARYAWAN SWASTA",
        "validUntil": "",
        "citizenship": "WNI",
        "maritalStatus": "BELUM KAWIN",
        "issuanceDate": "05-08-2019",
    })
}

/// A small number that depends on the user alone (FNV-1a).
fn seed(user_id: &str) -> u32 {
    user_id
        .bytes()
        .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::card;

    #[test]
    fn every_card_is_marked_as_invented() {
        for user in ["", "cust-1", "cust-2", "a", "b", "c"] {
            let card = card(user);
            let text = |name| card.get(name).and_then(Value::as_str).unwrap_or_default();
            let nik = text("nik");
            assert_eq!(nik.len(), 16, "{nik}");
            assert!(nik.starts_with("99"), "{nik}");
            assert!(text("name").starts_with("CONTOH"));
        }
        assert_eq!(card("cust-1"), card("cust-1"));
    }
}
