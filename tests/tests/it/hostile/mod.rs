//! Servers that do what they shouldn't, over real sockets: each a row of what is done and what the caller gets.

mod answers;
mod connections;
mod failures;
mod rows;
mod tokens;
