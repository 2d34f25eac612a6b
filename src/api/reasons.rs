//! What a reason is called in front of people, in Indonesian and in English.
//!
//! `docs/statuses.md` shows the same texts; a test compares the two.

use crate::domain::{Locale, ReasonCode};

/// Title and message of `reason` in the language of `locale`.
pub(crate) const fn text(reason: ReasonCode, locale: Locale) -> (&'static str, &'static str) {
    match locale {
        Locale::Indonesian => indonesian(reason),
        Locale::English => english(reason),
    }
}

const fn indonesian(reason: ReasonCode) -> (&'static str, &'static str) {
    match reason {
        ReasonCode::DocumentNotAccepted => (
            "Foto KTP belum dapat diterima",
            "Gunakan e-KTP asli milik Anda, pastikan seluruh kartu terlihat dan tulisannya terbaca jelas, lalu coba lagi.",
        ),
        ReasonCode::DataMismatch => (
            "Data Anda tidak cocok",
            "Nama, NIK, atau tanggal lahir tidak cocok dengan data kependudukan. Periksa KTP Anda, lalu coba lagi.",
        ),
        ReasonCode::FaceNotVerified => (
            "Wajah belum dapat diverifikasi",
            "Cari tempat yang terang, lepas masker, topi, atau kacamata hitam, hadapkan wajah ke kamera, lalu coba lagi.",
        ),
        ReasonCode::NotVerified => (
            "Identitas tidak dapat diverifikasi",
            "Kami tidak dapat memverifikasi identitas Anda. Hubungi layanan pelanggan untuk bantuan.",
        ),
        ReasonCode::ContactInUse => (
            "Nomor ponsel atau email sudah dipakai",
            "Nomor ponsel atau email ini sudah terhubung dengan identitas lain. Hubungi layanan pelanggan untuk bantuan.",
        ),
        ReasonCode::SystemError => (
            "Ada gangguan pada sistem",
            "Verifikasi belum dapat diselesaikan karena gangguan sistem. Silakan coba lagi.",
        ),
        ReasonCode::ResultUnconfirmed => (
            "Hasil belum dapat dipastikan",
            "Kami belum dapat memastikan hasil verifikasi Anda. Hubungi layanan pelanggan untuk bantuan.",
        ),
        ReasonCode::Superseded => (
            "Diganti dengan verifikasi baru",
            "Verifikasi ini ditutup karena verifikasi lain dimulai dengan kontak yang berbeda.",
        ),
        ReasonCode::TimedOut => (
            "Waktu verifikasi habis",
            "Verifikasi tidak selesai pada waktunya. Silakan mulai lagi.",
        ),
    }
}

const fn english(reason: ReasonCode) -> (&'static str, &'static str) {
    match reason {
        ReasonCode::DocumentNotAccepted => (
            "We could not accept your ID card",
            "Use your own original e-KTP, keep the whole card in view and the text sharp, then try again.",
        ),
        ReasonCode::DataMismatch => (
            "Your details did not match",
            "The name, NIK or date of birth does not match the population register. Check your KTP, then try again.",
        ),
        ReasonCode::FaceNotVerified => (
            "We could not verify your face",
            "Find good light, take off any mask, hat or dark glasses, face the camera, then try again.",
        ),
        ReasonCode::NotVerified => (
            "We could not verify your identity",
            "We were not able to verify your identity. Please contact support for help.",
        ),
        ReasonCode::ContactInUse => (
            "Phone number or email already in use",
            "This phone number or email address is already linked to another identity. Please contact support for help.",
        ),
        ReasonCode::SystemError => (
            "Something went wrong",
            "The verification could not be completed because of a system error. Please try again.",
        ),
        ReasonCode::ResultUnconfirmed => (
            "The result could not be confirmed",
            "We were not able to confirm the result of your verification. Please contact support for help.",
        ),
        ReasonCode::Superseded => (
            "Replaced by a newer verification",
            "This verification was closed because another one was started with a different contact.",
        ),
        ReasonCode::TimedOut => (
            "The verification has expired",
            "The verification was not finished in time. Please start again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_texts_are_the_ones_shown() {
        let document = include_str!("../../docs/statuses.md");

        for reason in ReasonCode::ALL {
            let row = document
                .lines()
                .find(|line| line.starts_with(&format!("| `{}` |", reason.as_str())))
                .unwrap_or_else(|| panic!("{} is not documented", reason.as_str()));
            for locale in [Locale::Indonesian, Locale::English] {
                let (title, message) = text(reason, locale);
                assert!(row.contains(title) && row.contains(message), "{row}");
            }
            let retryable = if reason.is_retryable() { "| yes |" } else { "| no |" };
            assert!(row.contains(retryable), "{row}");
        }
    }
}
