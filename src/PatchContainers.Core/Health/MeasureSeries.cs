using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>Measures again and again, and says as soon as the verdict is certain.</summary>
internal static class MeasureSeries
{
    /// <summary>
    /// Takes measurements until one of the limits is passed (Failed, else Inconclusive), enough in a row have passed, or all are taken.
    /// What was taken whole passes only if a measurement passed. A <see cref="PatchException"/> is an inconclusive measurement.
    /// </summary>
    /// <param name="plan">How often, and what may go wrong.</param>
    /// <param name="measure">Takes one measurement.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Measurement> RunAsync(
        MeasurePlan plan, Func<CancellationToken, Task<Measurement>> measure, TimeProvider clock, CancellationToken cancellationToken)
    {
        var tally = new Tally(plan);
        while (true)
        {
            var begun = clock.GetTimestamp();
            Measurement measurement;
            try
            {
                measurement = await measure(cancellationToken).ConfigureAwait(false);
            }
            catch (PatchException e)
            {
                measurement = new Measurement(GateVerdict.Inconclusive, e.Message);
            }

            if (tally.Add(measurement) is { } verdict)
            {
                return verdict;
            }

            var rest = plan.Interval - clock.GetElapsedTime(begun);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private sealed class Tally(MeasurePlan plan)
    {
        private readonly List<Measurement> _taken = [];
        private int _failuresInARow;
        private int _successesInARow;

        /// <summary>Counts a measurement; returns the verdict as soon as there is one.</summary>
        public Measurement? Add(Measurement measurement)
        {
            _taken.Add(measurement);
            _failuresInARow = measurement.Verdict == GateVerdict.Failed ? _failuresInARow + 1 : 0;
            _successesInARow = measurement.Verdict == GateVerdict.Passed ? _successesInARow + 1 : 0;
            if (Count(GateVerdict.Failed) > plan.FailureLimit)
            {
                return Broken(GateVerdict.Failed, $"failed, where {plan.FailureLimit} may");
            }

            if (_failuresInARow > plan.ConsecutiveFailureLimit)
            {
                return Broken(GateVerdict.Failed, $"failed, {_failuresInARow} of them in a row, where {plan.ConsecutiveFailureLimit} may");
            }

            if (Count(GateVerdict.Inconclusive) > plan.InconclusiveLimit)
            {
                return Broken(GateVerdict.Inconclusive, $"could not say, where {plan.InconclusiveLimit} may be so");
            }

            if (_successesInARow == plan.ConsecutiveSuccess)
            {
                return Said(GateVerdict.Passed, $"the last {_successesInARow} of {_taken.Count} measurements passed. The last one: ",
                    measurement);
            }

            return _taken.Count < plan.Count ? null : Whole();
        }

        private Measurement Whole()
        {
            var passed = Count(GateVerdict.Passed);
            var relevant = _taken.FindLast(m => m.Verdict == GateVerdict.Passed) ?? _taken[^1];
            return passed == 0 ? Said(GateVerdict.Inconclusive, $"none of {_taken.Count} measurements passed. The last one: ", relevant)
                : plan.ConsecutiveSuccess is { } wanted
                    ? Said(GateVerdict.Inconclusive, $"{passed} of {_taken.Count} measurements passed, but never {wanted} in a row. "
                        + "The last one: ", _taken[^1])
                : Said(GateVerdict.Passed, $"{passed} of {_taken.Count} measurements passed. The last one: ", relevant);
        }

        private Measurement Broken(GateVerdict verdict, string what)
        {
            var relevant = _taken.Where(m => m.Verdict == verdict).ToList();
            return Said(verdict, $"{relevant.Count} of {_taken.Count} measurements {what}. The last of them: ", relevant[^1]) with
            {
                // One measurement that blames all of the ring blames all of it.
                Digests = relevant.Exists(m => m.Digests.Count == 0) ? [] : [.. relevant.SelectMany(m => m.Digests).Distinct()],
            };
        }

        private Measurement Said(GateVerdict verdict, string summary, Measurement relevant) => new(verdict,
            plan.Count == 1 ? relevant.Detail : string.Concat(summary[..1].ToUpperInvariant(), summary[1..], relevant.Detail));

        private int Count(GateVerdict verdict) => _taken.Count(m => m.Verdict == verdict);
    }
}
