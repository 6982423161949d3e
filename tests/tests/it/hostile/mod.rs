//! Tests of faulty and malicious servers, as tables: each case has the script of the server and the expected result of the call.

mod cases;
mod connections;
mod error_responses;
mod successful_responses;
mod tokens;
