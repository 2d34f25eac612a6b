//! The gateway with an allocator that counts, for `bench/allocations`: at its end it prints how often
//! memory was asked for, and how much.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> ExitCode {
    let profiler = dhat::Profiler::builder().testing().trim_backtraces(Some(1)).build();
    let code = gerbang::cli::run();
    let counted = dhat::HeapStats::get();
    drop(profiler);
    #[expect(clippy::print_stdout, reason = "the line that the script reads")]
    {
        println!("{} {}", counted.total_blocks, counted.total_bytes);
    }
    code
}
