//! Callbacks as the provider sends them: of its size, each about another submission of another session
//! that nobody here has started.

/// Text of `length` characters that differ from submission to submission.
fn filler(number: usize, length: usize) -> String {
    format!("{number:08x}").repeat(length.div_ceil(8)).chars().take(length).collect()
}

/// The body of callback `number`, on one line.
pub(crate) fn callback(number: usize) -> String {
    let link = |kind: &str| {
        format!(
            "https://images.bench.example/{number}/{kind}?X-Amz-Expires=432000&X-Amz-Signature={}",
            filler(number, 256)
        )
    };
    serde_json::json!({
        "submissionId": format!("sub-{number}"),
        "partnerSessionId": format!("11111111-1111-4111-8111-{number:012}"),
        "userId": format!("bench-{number}"),
        "userIdType": "BENCH",
        "flow": "STANDALONE_IDENTITY_VERIFICATION",
        "status": "COMPLETED",
        "result": "VALID",
        "ktpData": {
            "nik": format!("{number:016}"), "name": filler(number, 32),
            "birthPlace": "JAKARTA", "birthDate": "01-01-1990", "gender": "PEREMPUAN",
            "address": filler(number, 96), "rt": "001", "rw": "002", "religion": "LAINNYA",
        },
        "verificationResult": {
            "dukcapilCheck": "PASS", "faceMatch": "PASS", "liveness": "PASS", "fraudCheck": "PASS",
        },
        "images": [link("KTP"), link("SELFIE"), link("ADDITIONAL_SELFIE")],
    })
    .to_string()
}
