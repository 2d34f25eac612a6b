//! The `gerbang` binary.

use std::process::ExitCode;

/// A request makes many small, short-lived allocations on several threads, which is what this
/// allocator is made for. It asks for no huge pages (`no_thp`): each thread's first small object would
/// otherwise take 2 MiB, which is most of what an idle gateway holds.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gerbang::cli::run()
}
