use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Admission, AdmissionTerms, Clock, Timestamp};

use super::round::is_left;
use crate::roster::Roster;

impl<S, C: Clock> Roster<S, C> {
    /// Lets a call through to a Region, if its circuit does; where there are health checks, it is for them to probe.
    pub(crate) fn admit(
        &self,
        at: usize,
        now: Timestamp,
        terms: AdmissionTerms,
    ) -> Result<Admission<C>, Rejected> {
        let circuit = &self.member(at).circuit;
        if let Some(checks) = self.checks.get()
            && let Some(retry_in) = checks.held(at, || now)
            && is_left(circuit)
        {
            return Err(Rejected::CircuitOpen { retry_in });
        }
        let admission = circuit.admit_as(now, terms)?;
        if admission.is_probe() {
            self.member(at).meter.probes.add();
        }
        Ok(admission)
    }
}
