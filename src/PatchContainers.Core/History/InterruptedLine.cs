using System.Security.Cryptography;

namespace PatchContainers.History;

/// <summary>
/// How the chain goes on after a torn line. The line is ended with <see cref="HistoryTail.Mark"/>, and the record after it, of the kind
/// <see cref="PatchRecordKind.Interrupted"/>, names in its key the hash of all bytes between the last whole record and itself. The torn
/// bytes are thus in the chain like any others: kept as they were, found when they are changed, and no tampering.
/// </summary>
internal static class InterruptedLine
{
    private const string KeyPrefix = "interrupted";

    /// <summary>The record that stands for what a crash left.</summary>
    /// <param name="left">All bytes between the last whole record and this one, as they will be in the file.</param>
    /// <param name="tornLength">How many of them the crash left.</param>
    /// <param name="previous">The last whole record.</param>
    public static PatchRecord Create(ReadOnlySpan<byte> left, int tornLength, HistoryHead previous) => new()
    {
        Sequence = previous.Sequence + 1,
        Kind = PatchRecordKind.Interrupted,
        Outcome = "Interrupted",
        Detail = FormattableString.Invariant(
            $"A writer was interrupted: {tornLength} bytes of a record that was never reported as appended stand before this line."),
        Key = KeyFor(previous.Sequence + 1, SHA256.HashData(left)),
        PreviousHash = previous.Hash,
    };

    /// <summary>Whether the record stands for bytes with this hash.</summary>
    public static bool StandsFor(PatchRecord record, ReadOnlySpan<byte> hash) =>
        record.Kind == PatchRecordKind.Interrupted && record.Key == KeyFor(record.Sequence, hash);

    private static string KeyFor(long sequence, ReadOnlySpan<byte> hash) =>
        FormattableString.Invariant($"{KeyPrefix}/{sequence}/{HistoryLine.Hex(hash)}");
}
