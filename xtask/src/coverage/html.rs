//! The report as one page that needs nothing else: the contract as it is written, and beside each line what proves it.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::io::{self, Write};

use cloud_partner_recordings::recording::ProvenanceKind;

use super::kinds;
use super::report::{InReport, Report, State, Summary};
use super::table::proof;

/// The page's looks. It loads nothing: the policy in its head forbids that.
const STYLE: &str = include_str!("page.css");

/// Text in which HTML's own signs mean themselves.
struct Plain<'t>(&'t str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                _ => write!(f, "{letter}")?,
            }
        }
        Ok(())
    }
}

impl Report {
    /// The report as a page; `contract` is the contract's text.
    pub fn html(&self, contract: &str, out: &mut dyn Write) -> io::Result<()> {
        let title = format!("{}: what is proven", self.contract);
        let title = Plain(&title);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
            <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
            <meta name=\"viewport\" content=\"width=device-width\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        )?;
        let summary = &self.summary;
        writeln!(
            out,
            "<p>{:.1} % of {} claims are shown by {} recordings. The best that shows a claim has the shape of an answer of the live \
            service for {}, is an example of the official pages for {}, and was made for the purpose for {}. \
            {} more claims are excused.</p>",
            summary.percent,
            summary.claims - summary.excused,
            self.recordings,
            summary.observed_shape,
            summary.documentation,
            summary.synthetic,
            summary.excused
        )?;
        for problem in &self.unneeded {
            writeln!(out, "<p class=\"unseen\">{}</p>", Plain(problem))?;
        }
        self.kinds_html(out)?;
        self.rows_html(out)?;
        self.contract_html(contract, out)?;
        writeln!(out, "</body>\n</html>")
    }

    fn kinds_html(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "<table>\n<tr><th>kind of claim<th>seen means<th>claims<th>proven"
        )?;
        for kind in kinds::ALL {
            let row = Summary::of(self.claims.iter().filter(|claim| claim.kind == kind.name));
            writeln!(
                out,
                "<tr><td>{}<td>{}<td>{}<td>{}",
                kind.name,
                kind.meaning,
                row.claims,
                row.proven()
            )?;
        }
        writeln!(out, "</table>")
    }

    fn rows_html(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "<table>\n<tr><th>answer<th>claims<th>observed<th>pages<th>synthetic<th>excused<th>unseen<th>proven"
        )?;
        for (name, row) in self.rows() {
            writeln!(
                out,
                "<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}",
                Plain(&name),
                row.claims,
                row.observed_shape,
                row.documentation,
                row.synthetic,
                row.excused,
                row.unseen,
                row.proven()
            )?;
        }
        writeln!(out, "</table>")
    }

    fn contract_html(&self, contract: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut lines: BTreeMap<usize, Vec<&InReport>> = BTreeMap::new();
        for claim in &self.claims {
            lines.entry(claim.line).or_default().push(claim);
        }
        writeln!(out, "<table class=\"contract\">")?;
        for (index, text) in contract.lines().enumerate() {
            let number = index + 1;
            write!(
                out,
                "<tr id=\"L{number}\"><th>{number}<td><pre>{}</pre><td>",
                Plain(text)
            )?;
            if let Some(claims) = lines.get(&number) {
                write!(out, "<details><summary>")?;
                for (class, many) in classes(claims) {
                    write!(out, "<b class=\"{class}\">{many} {class}</b> ")?;
                }
                write!(out, "</summary><ul>")?;
                for claim in claims {
                    write!(
                        out,
                        "<li class=\"{}\">{}<br><small>{}</small>",
                        class(claim),
                        Plain(&claim.claim),
                        Plain(&proof(claim))
                    )?;
                }
                write!(out, "</ul></details>")?;
            }
            writeln!(out)?;
        }
        writeln!(out, "</table>")
    }
}

/// How many of the claims are of which class, worst first.
fn classes(claims: &[&InReport]) -> Vec<(&'static str, usize)> {
    ["unseen", "synthetic", "excused", "pages", "observed"]
        .into_iter()
        .map(|wanted| {
            (
                wanted,
                claims.iter().filter(|claim| class(claim) == wanted).count(),
            )
        })
        .filter(|(_, many)| *many > 0)
        .collect()
}

fn class(claim: &InReport) -> &'static str {
    match (claim.state, claim.provenance) {
        (State::Excused, _) => "excused",
        (State::Unseen, _) | (_, None) => "unseen",
        (_, Some(ProvenanceKind::ObservedShape)) => "observed",
        (_, Some(ProvenanceKind::Documentation)) => "pages",
        (_, Some(ProvenanceKind::Synthetic)) => "synthetic",
    }
}
