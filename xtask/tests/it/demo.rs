use crate::repository::{Repository, Run};

#[test]
fn arguments_output_and_exit_code_are_those_of_the_demo() {
    let repository = Repository::new();
    repository.add("leeward-demo", "");
    repository.write(
        "crates/leeward-demo/src/main.rs",
        "fn main() {\n    let words: Vec<_> = std::env::args().skip(1).collect();\n    \
         println!(\"{}\", words.join(\" \"));\n    std::process::exit(7);\n}\n",
    );
    let Run { code, out, err } = repository.run(&["demo", "--json", "--input", "a b", "--help"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(7), "--json --input a b --help\n"),
        "{err}"
    );
}
