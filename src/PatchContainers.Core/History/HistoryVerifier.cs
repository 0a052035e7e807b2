using System.Security.Cryptography;

namespace PatchContainers.History;

/// <summary>
/// Walks the chain. Each line vouches for itself by its own hash, and for the one before by naming that one's hash, so that the first
/// fault can be told: a line that lost its own hash was edited; one whose number is not the next was moved, or those before it were
/// removed; one that names another hash for the line before follows a record that was rewritten, hash and all.
/// </summary>
internal sealed class HistoryVerifier(string path, IReadOnlyCollection<KeptHead> kept)
{
    private readonly ILookup<long, KeptHead> _kept = kept.ToLookup(k => k.Head.Sequence);
    private HistoryHead _head = new(0, HistoryLine.NoHash);
    private IncrementalHash? _torn;
    private bool _mayBeTorn;
    private string _tornFault = string.Empty;

    /// <summary>Checks the whole file.</summary>
    public HistoryVerification Verify(Stream stream, CancellationToken cancellationToken)
    {
        var reader = new HistoryLineReader(stream, path);
        var last = (Length: 0, IsComplete: true);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            last = (reader.Line.Length, reader.IsComplete);
            if (Check(reader) is { } fault)
            {
                return fault;
            }
        }

        if (_torn is not null && !_mayBeTorn)
        {
            return Fault(_head.Sequence + 1, $"Record {_head.Sequence + 1}, the last line, was edited: {_tornFault}.");
        }

        if (kept.Where(k => k.Head.Sequence > _head.Sequence).MaxBy(k => k.Head.Sequence) is { } missing)
        {
            return Fault(_head.Sequence + 1,
                $"The tail was cut: the history ends with record {_head.Sequence}, and record {missing.Head.Sequence} was there when its "
                + $"head was kept{By(missing)}.");
        }

        return new HistoryVerification
        {
            IsIntact = true,
            Head = _head,
            Count = _head.Sequence,
            Detail = Praise() + (_torn is null ? string.Empty :
                $" A crash left {last.Length} bytes of a record that was never reported as appended; the next record will complete them "
                + "as Interrupted."),
        };
    }

    private string Praise() => (_head.Sequence == 0 ? "The history is empty." : FormattableString.Invariant(
            $"Records 1 to {_head.Sequence} are as they were written, each chained to the one before."))
        + (kept.MaxBy(k => k.Head.Sequence) is not { } last
            ? " Whether records were cut off the end, or the whole chain was rewritten, can only be told against a head kept elsewhere "
                + "(SEQUENCE:HASH)."
            : FormattableString.Invariant($" Record {last.Head.Sequence} is the one whose head was kept{By(last)}. What came after it can ")
                + "still have been cut off, or rewritten.");

    private static string By(KeptHead kept) => kept.Keeper.Length == 0 ? string.Empty : $" by {kept.Keeper}";

    private HistoryVerification? Check(HistoryLineReader reader)
    {
        var line = reader.Line.Span;
        if (!HistoryLine.TryRead(line, out var record, out var fault))
        {
            // Not a fault yet: a crash may have left it. If so, the record after it says so.
            _torn ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            _torn.AppendData(line);
            _torn.AppendData(reader.IsComplete ? "\n"u8 : []);
            _mayBeTorn = HistoryTail.MayBeTorn(line, reader.Offset, reader.IsComplete);
            _tornFault = fault;
            return _mayBeTorn ? null : Fault(_head.Sequence + 1, FormattableString.Invariant(
                $"Record {_head.Sequence + 1} (the line at byte {reader.Offset}) was edited: {fault}."));
        }

        if (_torn is not null)
        {
            var hash = _torn.GetHashAndReset();
            _torn = null;
            if (!InterruptedLine.StandsFor(record, hash))
            {
                return Fault(_head.Sequence + 1,
                    $"The line before the one at byte {reader.Offset} is no record, and no record of the kind Interrupted stands for its "
                    + $"bytes: record {_head.Sequence + 1} was edited or removed.");
            }
        }
        else if (record.Kind == PatchRecordKind.Interrupted && record.Sequence == _head.Sequence + 1)
        {
            return Fault(record.Sequence, $"The interrupted bytes before record {record.Sequence} were removed.");
        }

        if (record.Sequence != _head.Sequence + 1)
        {
            return Fault(_head.Sequence + 1, record.Sequence > _head.Sequence
                ? $"Record {_head.Sequence + 1} was removed or moved: record {record.Sequence} follows record {_head.Sequence}."
                : $"Record {record.Sequence} stands again, or was moved, where record {_head.Sequence + 1} belongs (byte "
                    + $"{reader.Offset}).");
        }

        if (record.PreviousHash != _head.Hash)
        {
            return Fault(Math.Max(_head.Sequence, 1), _head.Sequence == 0
                ? "Record 1 was rewritten: it does not begin a chain."
                : $"Record {_head.Sequence} was rewritten together with its hash: record {record.Sequence} was chained to another.");
        }

        _head = new HistoryHead(record.Sequence, record.Hash);
        if (_kept[record.Sequence].FirstOrDefault(k => k.Head.Hash != record.Hash) is { } other)
        {
            return Fault(record.Sequence,
                $"The chain was rewritten: record {record.Sequence} has another hash than the head that was kept{By(other)}. It, or any "
                + "record before it, is another than it was then.");
        }

        return null;
    }

    private HistoryVerification Fault(long sequence, FormattableString detail) => Fault(sequence, FormattableString.Invariant(detail));

    private HistoryVerification Fault(long sequence, string detail) =>
        new() { IsIntact = false, Head = _head, Count = _head.Sequence, FirstFault = sequence, Detail = detail };
}
