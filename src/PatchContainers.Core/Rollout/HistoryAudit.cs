using PatchContainers.History;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>
/// Checks the history against what the rollouts' journals kept of it: each has the head as it was whenever the rollout ended or paused. So
/// a tail that was cut off behind the last of them, and a chain that was written anew, are found without anybody having kept a head.
/// </summary>
/// <remarks>
/// The journals lie on the same state path: who may write there can change both. A head that was kept elsewhere says more.
/// </remarks>
public sealed class HistoryAudit(IHistoryStore history, IJournalStore journal)
{
    private const int JournalsTold = 5;

    /// <summary>Checks every record against the one before, and against the heads that were kept.</summary>
    /// <param name="expected">A head that was kept elsewhere, and is compared with alone; null for those in the journals.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>What was found; a journal that is not what was written is a fault, too, since its head cannot be compared with.</returns>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>.</exception>
    public async Task<HistoryVerification> VerifyAsync(HistoryHead? expected, CancellationToken cancellationToken = default)
    {
        if (expected is not null)
        {
            return await history.VerifyAsync(expected, cancellationToken).ConfigureAwait(false);
        }

        // The journals first: a rollout that goes on meanwhile writes its record before the head.
        var kept = new List<KeptHead>();
        var journals = new List<string>();
        var damaged = new List<string>();
        foreach (var id in await journal.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                var heads = (await journal.ReadAsync(id, cancellationToken).ConfigureAwait(false)).Select(e => e.HistoryHead)
                    .OfType<string>().Select(head => new KeptHead(HistoryHead.Parse(head), $"the journal of the rollout {id}")).ToList();
                kept.AddRange(heads);
                journals.AddRange(heads.Count > 0 ? [id] : []);
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.HistoryDamaged or PatchErrorCode.InvalidArgument)
            {
                damaged.Add(e.Message);
            }
        }

        var found = await history.VerifyAgainstAsync(kept, cancellationToken).ConfigureAwait(false);
        return found with
        {
            IsIntact = found.IsIntact && damaged.Count == 0,
            Detail = string.Join(' ', (string[])[found.Detail, .. damaged, Compared(journals)]),
        };
    }

    private static string Compared(List<string> journals) => journals.Count == 0
        ? "No rollout's journal holds a head to compare with."
        : $"Compared with the heads in these rollouts' journals: {string.Join(", ", journals.TakeLast(JournalsTold))}"
            + (journals.Count > JournalsTold ? FormattableString.Invariant($", and {journals.Count - JournalsTold} before.") : ".");
}
