using System.Globalization;
using PatchContainers.Images;

namespace PatchContainers.History;

/// <summary>Which records are asked for; a null or empty property does not filter.</summary>
public sealed record HistoryFilter
{
    /// <summary>An image's name, with or without tag; a prefix of a name does not match.</summary>
    public string? Image { get; init; }

    /// <summary>A vulnerability's id.</summary>
    public string? Vulnerability { get; init; }

    /// <summary>A rollout's id.</summary>
    public string? Rollout { get; init; }

    /// <summary>The earliest time, inclusive.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The latest time, exclusive.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>The end of a history: what to keep elsewhere, to find a cut tail later. Written <c>SEQUENCE:HASH</c>.</summary>
/// <param name="Sequence">The last record's number; 0 for an empty history.</param>
/// <param name="Hash">The last record's hash; 64 zeros for an empty history.</param>
public sealed record HistoryHead(long Sequence, string Hash)
{
    /// <summary>Reads <c>SEQUENCE:HASH</c>.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none.</exception>
    public static HistoryHead Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && Digest.TryParse("sha256:" + text[(colon + 1)..], out _)
            ? new HistoryHead(sequence, text[(colon + 1)..])
            : throw new PatchException(PatchErrorCode.InvalidArgument, text,
                $"'{text}' is not the head of a history. Write it as SEQUENCE:HASH, a number and 64 lower-case hexadecimal digits, as a "
                + "rollout's HistoryHead has it.");
    }

    /// <summary><c>SEQUENCE:HASH</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Sequence}:{Hash}");
}

/// <summary>A head from before, and who kept it.</summary>
/// <param name="Head">The head.</param>
/// <param name="Keeper">Who kept it, for messages: <c>the journal of ...</c>; empty for the one who asks.</param>
public sealed record KeptHead(HistoryHead Head, string Keeper = "");

/// <summary>What a check of the history found.</summary>
public sealed record HistoryVerification
{
    /// <summary>Whether nothing is wrong as far as could be checked.</summary>
    public required bool IsIntact { get; init; }

    /// <summary>The end of the history.</summary>
    public required HistoryHead Head { get; init; }

    /// <summary>How many records were checked.</summary>
    public required long Count { get; init; }

    /// <summary>The number of the first record that was edited, removed or moved; null where none was.</summary>
    public long? FirstFault { get; init; }

    /// <summary>What is wrong, or what could not be checked (without an expected head, a cut tail cannot be seen).</summary>
    public required string Detail { get; init; }
}

/// <summary>An append-only, hash-chained history.</summary>
public interface IHistoryStore
{
    /// <summary>
    /// Appends a record under an exclusive lock, after the true tail, and syncs it to the disk. A record whose
    /// <see cref="PatchRecord.Key"/> is there already is not written again; the one that is there is returned.
    /// </summary>
    Task<PatchRecord> AppendAsync(PatchRecord record, CancellationToken cancellationToken = default);

    /// <summary>Reads the records that the filter lets through, oldest first.</summary>
    IAsyncEnumerable<PatchRecord> ReadAsync(HistoryFilter filter, CancellationToken cancellationToken = default);

    /// <summary>The end of the history.</summary>
    Task<HistoryHead> ReadHeadAsync(CancellationToken cancellationToken = default);

    /// <summary>Checks every record against the one before, and the end against a head that was kept elsewhere.</summary>
    /// <param name="expectedHead">A head from before; null to check without.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    Task<HistoryVerification> VerifyAsync(HistoryHead? expectedHead, CancellationToken cancellationToken = default) =>
        VerifyAgainstAsync(expectedHead is null ? [] : [new KeptHead(expectedHead)], cancellationToken);

    /// <summary>Checks every record against the one before, and against all heads that were kept.</summary>
    /// <param name="kept">Heads from before, in any order.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    Task<HistoryVerification> VerifyAgainstAsync(IReadOnlyCollection<KeptHead> kept, CancellationToken cancellationToken = default);
}
