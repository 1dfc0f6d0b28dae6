use crate::repository::{Repository, Run};

const ROW: &str = r#"{\"area\":\"circuit\",\"case\":\"closed\",\"subject\":\"leeward\",\"value\":12.34,\"unit\":\"ns\",\"against\":\"floor\",\"ratio\":1.2,\"bar\":\"<= 1.1\",\"holds\":HOLDS}"#;

/// A workspace whose bench prints one row, or refuses every area.
fn with_a_bench(holds: &str) -> Repository {
    let repository = Repository::new();
    repository.add("leeward-bench", "");
    let row = ROW.replace("HOLDS", holds);
    repository.write(
        "crates/leeward-bench/src/main.rs",
        &format!(
            "fn main() {{\n    let words: Vec<_> = std::env::args().skip(1).collect();\n    \
             if words[0] != \"--json\" {{ std::process::exit(2); }}\n    println!(\"{{}}\", \"{row}\");\n}}\n"
        ),
    );
    repository
}

#[test]
fn a_figure_that_misses_its_bar_fails() {
    let Run { code, out, err } = with_a_bench("false").run(&["bench", "--ours"]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("circuit  closed  leeward   12.3  ns    floor     1.20  <= 1.1  NO\n"),
        "{out}"
    );
    assert!(
        err.ends_with("error: 1 of 1 figures miss their bar: circuit, closed, leeward\n"),
        "{err}"
    );
}

#[test]
fn json_is_an_array_of_rows() {
    let Run { code, out, err } = with_a_bench("true").run(&["bench", "--ours", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.starts_with("[\n  {\n    \"against\": \"floor\",\n"),
        "{out}"
    );
}

#[test]
fn an_unknown_area_is_bad_input() {
    let Run { code, out, .. } = with_a_bench("true").run(&["bench", "--ours", "everything"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
}

#[test]
fn says_where_the_peers_should_be() {
    let Run { code, err, .. } = Repository::new().run(&["bench"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        err,
        "error: there is no crates/leeward-bench/peers/Cargo.toml to compare with; \
         measure our side with `cargo xtask bench --ours`\n"
    );
}
