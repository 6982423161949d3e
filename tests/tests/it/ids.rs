//! Tests identifiers in the path of a request. The SDK percent-encodes special characters. With an invalid identifier, such as `../a`, a
//! call fails before it sends a request.

use cloud_partner_portal::Identifier;

use crate::support::{client, committed_spec, serve};

/// `Identifier` is written by hand, so it can differ from the spec.
#[test]
fn identifier_accepts_the_same_strings_as_the_pattern_of_the_spec() {
    let spec = committed_spec();
    for name in ["PublisherId", "OfferId"] {
        let schema = &spec.value["components"]["schemas"][name];
        let validator = jsonschema::draft4::new(schema).expect("a schema");
        // Tests each character of the Basic Multilingual Plane alone, at the start, and at the end of an identifier.
        for c in (0..=0xffff).filter_map(char::from_u32) {
            for text in [c.to_string(), format!("{c}a"), format!("a{c}")] {
                assert_eq!(
                    text.parse::<Identifier>().is_ok(),
                    validator.is_valid(&text.clone().into()),
                    "{name}: {text:?}"
                );
            }
        }
        assert!("".parse::<Identifier>().is_err() && !validator.is_valid(&"".into()));
    }
}

#[tokio::test]
async fn special_characters_in_ids_are_percent_encoded() {
    // Without recordings, every call returns an error. The test checks only the requests.
    let server = serve(Vec::new());
    let client = client(server.url());
    for (id, path) in [
        ("test-vm", "test-vm"),
        ("a.b_c~d", "a.b_c~d"),
        ("50%", "50%25"),
        ("%2f", "%252f"),
        ("%2e%2e", "%252e%252e"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("a&b=c+d", "a&b=c+d"),
        ("größe", "gr%C3%B6%C3%9Fe"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("a:b@c;d", "a:b@c;d"),
        ("<\">", "%3C%22%3E"),
    ] {
        // The methods accept strings, references and `Identifier`.
        let identifier: Identifier = id.parse().expect(id);
        for result in [
            client.get_offer_status(id, id).await,
            client.get_offer_status(id.to_owned(), &id.to_owned()).await,
            client
                .get_offer_status(&identifier, identifier.clone())
                .await,
        ] {
            let error = result.expect_err("nothing is recorded");
            assert!(error.status().is_some(), "{id}: {error}");
            let request = server.requests().pop().expect("a request");
            let target =
                format!("/api/publishers/{path}/offers/{path}/status?api-version=2017-10-31");
            assert_eq!(request.uri.to_string(), target);
            assert!(!request.headers.contains_key("api-version"), "{id}");
        }
    }
    assert_eq!(server.requests().len(), 12 * 3);
}

#[tokio::test]
async fn an_invalid_id_is_an_error_before_any_request() {
    let server = serve(Vec::new());
    let client = client(server.url());
    for id in [
        "", ".", "..", "../..", "a/b", "/", "a\\b", "\\", " ", "a b", "a\n", "\ta", "a\u{a0}b",
        ".hidden",
    ] {
        for error in [
            client.list_offers(id).await.expect_err(id),
            client.get_offer_status(id, "test-vm").await.expect_err(id),
        ] {
            assert!(error.is_invalid_argument(), "{id:?}: {error}");
            assert_eq!((error.status(), error.attempts()), (None, 0), "{id:?}");
            let message = error.to_string();
            for part in ["publisherId", &format!("{id:?}"), "contoso"] {
                assert!(message.contains(part), "{part} is missing: {message}");
            }
        }
        let error = client.get_offer_status("contoso", id).await.expect_err(id);
        assert!(error.is_invalid_argument(), "{error}");
        assert!(error.to_string().contains("offerId"), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
}
