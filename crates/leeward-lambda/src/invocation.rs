use crate::{FunctionName, Qualifier};
use aws_sdk_lambda::{
    operation::invoke::{InvokeInput, builders::InvokeInputBuilder},
    types::LogType,
};

/// Which function is invoked, and how.
///
/// ```
/// use leeward_lambda::Invocation;
///
/// let charge = Invocation::of("charge".parse()?).with_qualifier("live".parse()?).with_log_tail();
/// // It looks an order up, and no harm is done by a second time.
/// let look_up = Invocation::of("look-up".parse()?).idempotent();
/// # Ok::<(), leeward_lambda::InvalidResourceName>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is invoked before it is given to Lambda"]
pub struct Invocation {
    pub(crate) function: FunctionName,
    qualifier: Option<Qualifier>,
    has_log_tail: bool,
    pub(crate) is_idempotent: bool,
}

impl Invocation {
    /// Invokes a function once, its unpublished version unless the name says another.
    pub const fn of(function: FunctionName) -> Self {
        Self {
            function,
            qualifier: None,
            has_log_tail: false,
            is_idempotent: false,
        }
    }

    /// Invokes this version or alias. Default: that in the name of the function, else `$LATEST`.
    pub fn with_qualifier(self, qualifier: Qualifier) -> Self {
        Self {
            qualifier: Some(qualifier),
            ..self
        }
    }

    /// Asks for the last 4 KB of the function's log, where the function is waited for. Default: none.
    pub fn with_log_tail(self) -> Self {
        Self {
            has_log_tail: true,
            ..self
        }
    }

    /// Vouches that the function may run twice for one call. Default: it is sent again only if it has surely not run.
    ///
    /// A caller whose preset hedges sends it a second time beside one that is merely slow. Lambda may run a function more than once by
    /// itself where it is not waited for, whatever is said here.
    pub fn idempotent(self) -> Self {
        Self {
            is_idempotent: true,
            ..self
        }
    }

    pub(crate) fn input(&self) -> InvokeInputBuilder {
        InvokeInput::builder()
            .function_name(self.function.as_str())
            .set_qualifier(self.qualifier.clone().map(String::from))
            .set_log_type(self.has_log_tail.then_some(LogType::Tail))
    }
}
