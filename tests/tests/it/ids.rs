//! Identifiers in paths: the awkward ones arrive as they were given, and what would address another resource is refused before
//! anything is sent.

use cloud_partner_portal::{Identifier, types::OfferSummary};

use crate::support::{client, committed_spec, serve};

/// The identifier is written by hand, so the spec's pattern is compared with it.
#[test]
fn an_identifier_is_what_the_pattern_of_the_spec_accepts() {
    let spec = committed_spec();
    for name in ["PublisherId", "OfferId"] {
        let pattern = spec
            .value
            .pointer("/components/schemas")
            .and_then(|schemas| schemas.as_object())
            .into_iter()
            .flatten()
            .find(|(component, _)| component.starts_with(name))
            .map(|(_, schema)| schema.clone())
            .expect("a schema");
        let validator = jsonschema::draft4::new(&pattern).expect("a schema");
        // Every character of the first planes, alone, first, and last.
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

/// Whatever a program holds an identifier in, the methods take it.
#[tokio::test]
async fn an_id_of_the_list_can_be_asked_for_its_status() {
    let server = serve(Vec::new());
    let client = client(server.url());
    let mut offer = OfferSummary::default();
    offer.id = "test-vm".to_owned();
    let publisher: Identifier = "contoso".parse().expect("an identifier");
    for result in [
        client.get_offer_status("contoso", &offer.id).await,
        client.get_offer_status(&publisher, offer.id.clone()).await,
        client.get_offer_status(publisher, offer.id.as_str()).await,
    ] {
        let error = result.expect_err("nothing is recorded");
        assert!(error.status().is_some(), "{error}");
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn awkward_ids_arrive_as_they_were_given() {
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
        // Nobody has recorded these, so the server refuses them; what matters is what it was asked.
        let error = client
            .get_offer_status(id, id)
            .await
            .expect_err("nothing is recorded");
        assert!(error.status().is_some(), "{id}: {error}");
        let asked = server.requests().pop().expect("a request");
        assert_eq!(
            asked.path,
            format!("/api/publishers/{path}/offers/{path}/status"),
            "{id}"
        );
        let version = asked.query.iter().find(|(name, _)| *name == "api-version");
        assert_eq!(
            version.map(|(_, value)| value.as_str()),
            Some("2017-10-31"),
            "{id}"
        );
        assert_eq!(asked.query.len(), 1, "{id}: {:?}", asked.query);
        assert!(!asked.headers.contains_key("api-version"), "{id}");
    }
}

#[tokio::test]
async fn ids_that_address_something_else_are_refused_before_anything_is_sent() {
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
            let said = error.to_string();
            assert!(
                said.contains("publisherId") && said.contains(&format!("{id:?}")),
                "{said}"
            );
            assert!(
                said.contains("contoso"),
                "the message shows no good one: {said}"
            );
        }
        let error = client.get_offer_status("contoso", id).await.expect_err(id);
        assert!(
            error.is_invalid_argument() && error.to_string().contains("offerId"),
            "{error}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}
