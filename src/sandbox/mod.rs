//! The provider on your own machine: strict where the contract is strict, faulty on request.
