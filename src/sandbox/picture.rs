//! The pictures behind image links: small PNGs that say SANDBOX and show no one.
//!
//! Written out by hand (one bit a pixel, stored without compression) because one bitmap font and
//! two checksums are less than an image library.

const WIDTH: u32 = 320;
const HEIGHT: u32 = 200;
const ROW_BYTES: usize = 40;

/// A PNG with `SANDBOX` above `label`; letters without a shape here stay blank.
pub(super) fn png(label: &str) -> Vec<u8> {
    let ink: [u8; 3] = if label == "KTP" { [0x0b, 0x5c, 0x8a] } else { [0x7a, 0x3c, 0x8f] };
    let mut head = Vec::new();
    head.extend(WIDTH.to_be_bytes());
    head.extend(HEIGHT.to_be_bytes());
    // One bit a pixel, colours from a palette, nothing else.
    head.extend([1, 3, 0, 0, 0]);
    let palette = [0xf4, 0xf7, 0xfa, ink[0], ink[1], ink[2]];

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &head);
    chunk(&mut file, *b"PLTE", &palette);
    chunk(&mut file, *b"IDAT", &stored(&rows(label)));
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// Every row with its filter byte (0, none) before it.
fn rows(label: &str) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..HEIGHT {
        rows.push(0);
        for column in 0..ROW_BYTES {
            let framed = !(6..HEIGHT - 6).contains(&y) || [0, ROW_BYTES - 1].contains(&column);
            let upper = y.checked_sub(50).and_then(|y| line("SANDBOX", y, column));
            let lower = y.checked_sub(110).and_then(|y| line(label, y, column));
            rows.push(if framed { 0xff } else { upper.or(lower).unwrap_or(0) });
        }
    }
    rows
}

/// Eight pixels of a line of text: a letter is five columns of 8 pixels, rows of 6 pixels high.
fn line(text: &str, y: u32, column: usize) -> Option<u8> {
    let glyph_row = usize::try_from(y / 6).ok().filter(|row| *row < 7)?;
    // Letters stand 5 columns apart, centred. A letter is drawn 4 columns wide plus a gap.
    let width = text.len().checked_mul(5)?;
    let from_start = column.checked_sub(ROW_BYTES.checked_sub(width)? / 2)?;
    let letter = text.chars().nth(from_start / 5)?;
    let bits = glyph(letter).get(glyph_row).copied()?;
    let shift = 3_usize.checked_sub(from_start % 5)?;
    (bits >> shift & 1 == 1).then_some(0xff)
}

/// Seven rows of four pixels, the left one highest.
const fn glyph(letter: char) -> [u8; 7] {
    match letter {
        'A' => [0b0110, 0b1001, 0b1001, 0b1111, 0b1001, 0b1001, 0b1001],
        'B' => [0b1110, 0b1001, 0b1001, 0b1110, 0b1001, 0b1001, 0b1110],
        'D' => [0b1110, 0b1001, 0b1001, 0b1001, 0b1001, 0b1001, 0b1110],
        'E' => [0b1111, 0b1000, 0b1000, 0b1110, 0b1000, 0b1000, 0b1111],
        'F' => [0b1111, 0b1000, 0b1000, 0b1110, 0b1000, 0b1000, 0b1000],
        'I' => [0b1110, 0b0100, 0b0100, 0b0100, 0b0100, 0b0100, 0b1110],
        'K' => [0b1001, 0b1010, 0b1100, 0b1000, 0b1100, 0b1010, 0b1001],
        'L' => [0b1000, 0b1000, 0b1000, 0b1000, 0b1000, 0b1000, 0b1111],
        'N' => [0b1001, 0b1101, 0b1101, 0b1011, 0b1011, 0b1001, 0b1001],
        'O' => [0b0110, 0b1001, 0b1001, 0b1001, 0b1001, 0b1001, 0b0110],
        'P' => [0b1110, 0b1001, 0b1001, 0b1110, 0b1000, 0b1000, 0b1000],
        'S' => [0b0111, 0b1000, 0b1000, 0b0110, 0b0001, 0b0001, 0b1110],
        'T' => [0b1110, 0b0100, 0b0100, 0b0100, 0b0100, 0b0100, 0b0100],
        'X' => [0b1001, 0b1001, 0b0110, 0b0110, 0b0110, 0b1001, 0b1001],
        _ => [0; 7],
    }
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    file.extend(length.to_be_bytes());
    file.extend(kind);
    file.extend(data);
    let sum = kind.iter().chain(data).fold(u32::MAX, |sum, byte| crc_step(sum, *byte));
    file.extend((!sum).to_be_bytes());
}

fn crc_step(sum: u32, byte: u8) -> u32 {
    (0..8).fold(
        sum ^ u32::from(byte),
        |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }
        },
    )
}

/// A zlib stream of one stored block; the picture is far below a block's 65,535 bytes.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(data);
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

#[cfg(test)]
mod tests {
    use super::{crc_step, png};

    #[test]
    fn the_checksum_is_the_published_one() {
        let sum = b"123456789".iter().fold(u32::MAX, |sum, byte| crc_step(sum, *byte));

        assert_eq!(!sum, 0xcbf4_3926);
    }

    #[test]
    fn a_picture_is_a_small_png() {
        let picture = png("KTP");

        assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert!(picture.len() < 10_000);
        assert_ne!(picture, png("SELFIE"));
    }
}
