//! The pictures of a capture: which there are, what they look like from their first bytes, and where
//! the provider keeps them.

use std::fmt;

use jiff::Timestamp;
use secrecy::SecretString;

/// One picture of a capture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImageKind {
    /// The identity card.
    Ktp,
    /// The selfie.
    Selfie,
    /// The second selfie, which not every capture has.
    AdditionalSelfie,
}

impl ImageKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ktp, Self::Selfie, Self::AdditionalSelfie];

    /// The spelling in paths, file names and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ktp => "ktp",
            Self::Selfie => "selfie",
            Self::AdditionalSelfie => "additional_selfie",
        }
    }

    /// Reads [`ImageKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A form of picture that is passed on. All of them are pixels and nothing else: what can carry a
/// script, such as SVG, is not among them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImageType {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl ImageType {
    /// How many bytes tell every form from the others.
    pub const TOLD_BY: usize = 12;

    /// Which form begins with `bytes`, whatever the sender calls it. `None`: none of ours.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// How the names of such files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }
}

/// Where the provider keeps one picture. Whoever has the link has the picture, so it prints nothing.
#[derive(Clone)]
pub struct ImageLink {
    /// The address, with the signature that opens it.
    pub url: SecretString,
    /// When it opens nothing any more, where the link says so. A link may end earlier.
    pub expires_at: Option<Timestamp>,
}

impl ImageLink {
    /// Whether it is over at `at`, as far as can be known without trying it.
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }
}

impl fmt::Debug for ImageLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The links of one statement of the provider.
#[derive(Clone, Debug, Default)]
pub struct ImageLinks(pub Vec<(ImageKind, ImageLink)>);

impl ImageLinks {
    /// The link of one picture. `None`: the provider named none.
    pub fn get(&self, kind: ImageKind) -> Option<&ImageLink> {
        self.0.iter().find_map(|(of, link)| (*of == kind).then_some(link))
    }

    /// When the first of them ends; `None` when none says so.
    pub fn expire_at(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|(_, link)| link.expires_at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_their_first_bytes() {
        for (bytes, form) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"[..], Some(ImageType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some(ImageType::Png)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(ImageType::Webp)),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", None),
            (b"<!DOCTYPE html><html>", None),
            (b"GIF89a\x01\0\x01\0\0\0", None),
            (b" \xff\xd8\xff", None),
            (b"\xff\xd8", None),
            (b"", None),
        ] {
            assert_eq!(ImageType::of(bytes), form, "{bytes:?}");
        }
    }

    #[test]
    fn kinds_are_read_back_as_they_are_written() {
        for kind in ImageKind::ALL {
            assert_eq!(ImageKind::parse(kind.as_str()), Some(kind));
        }
        for text in ["", "KTP", "ktp ", "passport"] {
            assert_eq!(ImageKind::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_prints_nothing_of_itself() {
        let link = ImageLink { url: "https://a.example/?signature".into(), expires_at: None };

        assert_eq!(format!("{link:?}"), "ImageLink { expires_at: None, .. }");
    }
}
