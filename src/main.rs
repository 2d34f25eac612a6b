//! The `gerbang` binary.

use std::process::ExitCode;

/// A request makes many small, short-lived allocations on several threads, which is what this
/// allocator is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gerbang::cli::run()
}
