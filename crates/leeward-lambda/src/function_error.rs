use crate::FunctionName;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict, redact};
use serde_json::Value;
use std::fmt;

/// A function that was run and failed: Lambda has done its part, and the function itself has thrown, ended or run out of time.
///
/// Lambda marks it by the header `X-Amz-Function-Error`; what is known besides comes from the runtime. `Display` and `Debug` show the
/// message without what looks like a secret in it, and no stack; the fields have all.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct FunctionError {
    /// The function that was asked for.
    pub function: FunctionName,
    /// Whether the function has told of the error itself (`Handled`, which only old runtimes say) and not ended by it.
    pub is_handled: bool,
    /// What was thrown, as the runtime names it: `ValueError`, `Runtime.ExitError`, `Sandbox.Timedout`.
    pub error_type: Option<String>,
    /// The message of what was thrown.
    pub message: Option<String>,
    /// From where it was thrown, as the runtime writes each line.
    pub stack_trace: Vec<String>,
}

impl FunctionError {
    /// Reads what the runtimes write: `errorType`, `errorMessage`, and `stackTrace` or, of Node.js, `trace`.
    pub(crate) fn read(function: &FunctionName, mark: &str, payload: &[u8]) -> Self {
        let told: Value = serde_json::from_slice(payload).unwrap_or_default();
        let text = |field: &str| {
            told.get(field)
                .and_then(Value::as_str)
                .map(ToOwned::to_owned)
        };
        let lines = ["stackTrace", "trace"]
            .iter()
            .find_map(|field| told.get(field)?.as_array());
        // Go writes objects, Python 2 wrote arrays.
        let line = |line: &Value| {
            line.as_str()
                .map_or_else(|| line.to_string(), ToOwned::to_owned)
        };
        Self {
            function: function.clone(),
            is_handled: mark == "Handled",
            error_type: text("errorType"),
            message: text("errorMessage"),
            stack_trace: lines.map_or_else(Vec::new, |lines| lines.iter().map(line).collect()),
        }
    }

    /// Whether the function did not end within its own time-out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match (&self.error_type, &self.message) {
            (Some(kind), _) => kind == "Sandbox.Timedout",
            // Lambda had no type for it before.
            (None, Some(message)) => message.contains("Task timed out after"),
            (None, None) => false,
        }
    }
}

/// `function orders failed: ValueError: no such order`
impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function {} failed", self.function)?;
        if let Some(kind) = &self.error_type {
            write!(f, ": {}", redact(kind))?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {}", redact(message))?;
        }
        Ok(())
    }
}

impl fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionError")
            .field("function", &self.function)
            .field("is_handled", &self.is_handled)
            .field("error_type", &self.error_type.as_deref().map(redact))
            .field("message", &self.message.as_deref().map(redact))
            .field("stack_lines", &self.stack_trace.len())
            .finish()
    }
}

/// It was answered, and nothing of AWS is to blame.
impl Classify for FunctionError {
    fn facts(&self) -> Facts<'_> {
        let category = match self.is_timeout() {
            true => Category::Timeout,
            false => Category::Unknown,
        };
        Facts::new(Stage::Answered, category, Verdict::Final)
    }
}

impl From<FunctionError> for AwsError {
    fn from(error: FunctionError) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &str) -> FunctionError {
        let function = "orders".parse().unwrap();
        FunctionError::read(&function, "Unhandled", payload.as_bytes())
    }

    #[test]
    fn every_runtime_is_understood() {
        for (payload, shown, lines) in [
            (
                r#"{"errorMessage":"no such order","errorType":"KeyError","requestId":"1","stackTrace":["  File \"a.py\", line 2\n","x"]}"#,
                "function orders failed: KeyError: no such order",
                2,
            ),
            (
                r#"{"errorType":"Error","errorMessage":"no","trace":["Error: no","    at a.js:2"]}"#,
                "function orders failed: Error: no",
                2,
            ),
            (
                r#"{"errorMessage":"no","errorType":"errorString","stackTrace":[{"path":"a.go","line":2,"label":"main"}]}"#,
                "function orders failed: errorString: no",
                1,
            ),
            (
                r#"{"errorMessage":"RequestId: 1 Process exited before completing request"}"#,
                "function orders failed: RequestId: 1 Process exited before completing request",
                0,
            ),
            (r#""anything""#, "function orders failed", 0),
            ("", "function orders failed", 0),
        ] {
            let error = read(payload);
            assert_eq!(
                (error.to_string().as_str(), error.stack_trace.len()),
                (shown, lines)
            );
        }
    }

    #[test]
    fn a_function_that_ran_out_of_time_is_told_apart() {
        let timed_out = r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1 Error: Task timed out after 3.00 seconds"}"#;
        let before =
            r#"{"errorMessage":"2020-01-01T00:00:00.000Z 1 Task timed out after 3.00 seconds"}"#;
        let thrown = r#"{"errorType":"Error","errorMessage":"Task timed out after all"}"#;
        for (payload, is_timeout) in [(timed_out, true), (before, true), (thrown, false)] {
            assert_eq!(read(payload).is_timeout(), is_timeout, "{payload}");
        }
    }

    #[test]
    fn it_shows_no_secret_and_no_stack() {
        let error = read(
            r#"{"errorType":"Error","errorMessage":"bad password=hunter2","stackTrace":["secret line"]}"#,
        );
        let kept = AwsError::from(error.clone());
        for shown in [error.to_string(), format!("{error:?}"), kept.to_string()] {
            assert!(
                !shown.contains("hunter2") && !shown.contains("secret line"),
                "{shown}"
            );
        }
        assert_eq!(error.message.as_deref(), Some("bad password=hunter2"));
        assert_eq!(kept.stage(), Stage::Answered);
    }
}
