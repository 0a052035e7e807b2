using System.Text;
using PatchContainers.Advisories;
using PatchContainers.Advisories.Database;
using PatchContainers.Versions;

namespace PatchContainers.Scanning.Embedded;

/// <summary>
/// Says which vulnerabilities a version of a package has, by the evaluation of the OSV schema ("Evaluation"): a version is affected if it
/// is listed, or lies in a range. Where a record about the vulnerability itself and notices name a package, the record decides. Allocates
/// nothing but room for the verdicts.
/// </summary>
internal sealed class AdvisoryMatcher
{
    // The importer refuses longer versions.
    private const int MaxVersionLength = 1024;

    private readonly VersionOrder _order;

    /// <summary>Matches by an order of versions.</summary>
    public AdvisoryMatcher(VersionOrder order) => _order = order;

    /// <summary>Adds a verdict for each vulnerability known of the package.</summary>
    /// <param name="database">The advisories.</param>
    /// <param name="package">The package's name, as the advisories have it (the source package).</param>
    /// <param name="version">Its version, which must be one.</param>
    /// <param name="includeUnaffected">Whether to tell of vulnerabilities that the version does not have.</param>
    /// <param name="verdicts">Where they go.</param>
    public void Match(AdvisoryDatabase database, string package, string version, bool includeUnaffected, List<AdvisoryVerdict> verdicts)
    {
        var rows = database.RowsOf(package);
        Span<char> buffer = stackalloc char[MaxVersionLength];
        for (var first = 0; first < rows.Length;)
        {
            var count = 1;
            while (first + count < rows.Length && rows[first + count].Vulnerability == rows[first].Vulnerability)
            {
                count++;
            }

            var verdict = Judge(database, rows.Slice(first, count), first, version, buffer);
            if (verdict.State != VerdictState.NotAffected || includeUnaffected)
            {
                verdicts.Add(verdict);
            }

            first += count;
        }
    }

    private AdvisoryVerdict Judge(
        AdvisoryDatabase database, ReadOnlySpan<DatabaseFormat.Row> rows, int first, string version, Span<char> buffer)
    {
        var hasRecord = false;
        foreach (ref readonly var row in rows)
        {
            hasRecord |= database.Records[(int)row.Record].IsNotice == 0;
        }

        var nothing = new AdvisoryVerdict(database, first, rows.Length, VerdictState.NotAffected, FixState.NotAffected, 0, rows[0], 0);
        var verdict = Judge(database, rows, notices: !hasRecord, version, buffer, nothing);

        // A record that cannot be compared does not silence a notice that can.
        return hasRecord && verdict.State == VerdictState.Unknown
            && Judge(database, rows, notices: true, version, buffer, nothing) is { State: VerdictState.Affected } notice ? notice : verdict;
    }

    private AdvisoryVerdict Judge(
        AdvisoryDatabase database, ReadOnlySpan<DatabaseFormat.Row> rows, bool notices, string version, Span<char> buffer,
        in AdvisoryVerdict nothing)
    {
        var verdict = nothing;
        foreach (ref readonly var row in rows)
        {
            if (database.Records[(int)row.Record].IsNotice != 0 != notices)
            {
                continue;
            }

            var next = Judge(database, row, version, buffer, nothing);
            verdict = verdict.State switch
            {
                // Affected anywhere is affected; what is known beats what is not.
                VerdictState.Affected when next.State == VerdictState.Affected => Both(verdict, next, buffer),
                VerdictState.Affected => verdict,
                VerdictState.Unknown when next.State != VerdictState.Affected => verdict,
                _ => next,
            };
        }

        return verdict;
    }

    private AdvisoryVerdict Judge(
        AdvisoryDatabase database, in DatabaseFormat.Row row, string version, Span<char> buffer, in AdvisoryVerdict empty)
    {
        ref readonly var affected = ref database.Affected[(int)row.Affected];
        var traits = (AffectedTraits)affected.Traits;
        if ((traits & AffectedTraits.CommitsOnly) != 0)
        {
            return empty with { State = VerdictState.Unknown, Fix = FixState.Unknown, DecidedBy = row };
        }

        if ((traits & AffectedTraits.NoVersions) != 0)
        {
            return Affected(empty, row, traits, FixState.Unknown, 0);
        }

        var isListed = IsListed(database, affected.Versions, version, buffer);
        var isAffected = isListed;
        var fix = FixState.Unknown;
        uint fixedVersion = 0, faultyVersion = 0;
        var events = database.EventsOf(affected);
        for (var start = 0; start < events.Length;)
        {
            var end = start + 1;
            while (end < events.Length && !events[end].BeginsRange)
            {
                end++;
            }

            var range = Judge(database, events[start..end], version, buffer, out var rangeFix, out var rangeVersion);
            if (range == VerdictState.Unknown)
            {
                faultyVersion = rangeVersion;
            }
            else if (range == VerdictState.Affected)
            {
                // In two ranges at once, the version that leaves both counts.
                (fix, fixedVersion) = !isAffected || isListed
                    ? (rangeFix, rangeVersion)
                    : Later(database, (fix, fixedVersion), (rangeFix, rangeVersion), buffer);
                isAffected = true;
                isListed = false;
            }

            start = end;
        }

        if (faultyVersion == 0)
        {
            return isAffected ? Affected(empty, row, traits, fix, fixedVersion) : empty with { DecidedBy = row };
        }

        // A version that is affected for another reason is so whatever this range meant, but where that ends is not known.
        return isAffected
            ? Affected(empty, row, traits, FixState.Unknown, 0)
            : empty with { State = VerdictState.Unknown, Fix = FixState.Unknown, DecidedBy = row, FaultyVersion = faultyVersion };
    }

    private static AdvisoryVerdict Affected(
        in AdvisoryVerdict verdict, in DatabaseFormat.Row row, AffectedTraits traits, FixState fix, uint fixedVersion) => verdict with
        {
            State = VerdictState.Affected,
            Fix = fix != FixState.Fixed && (traits & AffectedTraits.WontFix) != 0 ? FixState.WontFix : fix,
            FixedVersion = fixedVersion,
            DecidedBy = row,
        };

    /// <summary>One range: the last event at or before the version decides; the next one after it says where the range ends.</summary>
    private VerdictState Judge(
        AdvisoryDatabase database, ReadOnlySpan<DatabaseFormat.Event> events, string version, Span<char> buffer,
        out FixState fix, out uint fixedVersion)
    {
        var state = VerdictState.NotAffected;
        uint decidedBy = 0, endsAt = 0;
        var isNever = false;
        fix = FixState.NotFixed;
        fixedVersion = 0;
        foreach (ref readonly var item in events)
        {
            var text = Decode(database, item.Version, buffer);
            if (text is "0" && item.Kind != RangeEventKind.LastAffected)
            {
                // Not the version 0, which 0~rc1 comes before, but the beginning of all versions; what is fixed there never was affected.
                isNever |= item.Kind == RangeEventKind.Fixed;
                state = decidedBy != 0 ? state : isNever ? VerdictState.NotAffected : VerdictState.Affected;
                continue;
            }

            if (_order.FindFault(text) is not null)
            {
                fixedVersion = item.Version;
                return VerdictState.Unknown;
            }

            var order = _order.Compare(version, text);
            if (item.Kind == RangeEventKind.LastAffected ? order > 0 : order >= 0)
            {
                // Of two events at one version, the one that introduces counts: better one finding too many. But a last affected version
                // that follows its introduction (one version alone) lies behind it.
                var later = decidedBy == 0 ? 1 : CompareWith(database, text, decidedBy, buffer);
                if (later > 0 || (later == 0 && item.Kind != RangeEventKind.Fixed))
                {
                    state = item.Kind == RangeEventKind.Introduced ? VerdictState.Affected : VerdictState.NotAffected;
                    decidedBy = item.Version;
                }
            }
            else if (item.Kind != RangeEventKind.Introduced && (endsAt == 0 || CompareWith(database, text, endsAt, buffer) < 0))
            {
                // What ends with a last affected version has been fixed in one that nobody names.
                endsAt = item.Version;
                (fix, fixedVersion) = item.Kind == RangeEventKind.Fixed ? (FixState.Fixed, item.Version) : (FixState.Unknown, 0u);
            }
        }

        return state;
    }

    private AdvisoryVerdict Both(in AdvisoryVerdict one, in AdvisoryVerdict other, Span<char> buffer)
    {
        var (fix, version) = Later(one.Database, (one.Fix, one.FixedVersion), (other.Fix, other.FixedVersion), buffer);
        var database = one.Database;
        var worse = database.Affected[(int)other.DecidedBy.Affected].Severity > database.Affected[(int)one.DecidedBy.Affected].Severity;
        return one with { Fix = fix, FixedVersion = version, DecidedBy = worse ? other.DecidedBy : one.DecidedBy };
    }

    /// <summary>Of two fixes that are both needed, the later one; none where one of them is missing.</summary>
    private (FixState Fix, uint Version) Later(
        AdvisoryDatabase database, (FixState Fix, uint Version) one, (FixState Fix, uint Version) other, Span<char> buffer)
    {
        if (one.Fix != FixState.Fixed)
        {
            return one;
        }

        return other.Fix != FixState.Fixed || CompareWith(database, Decode(database, other.Version, buffer), one.Version, buffer) > 0
            ? other
            : one;
    }

    private bool IsListed(AdvisoryDatabase database, uint list, string version, Span<char> buffer)
    {
        foreach (var item in database.List(list))
        {
            var text = Decode(database, item, buffer);
            if (text.SequenceEqual(version) || (_order.FindFault(text) is null && _order.Compare(text, version) == 0))
            {
                return true;
            }
        }

        return false;
    }

    // The text lies in the buffer's first half, the one to compare it with is decoded into the second.
    private int CompareWith(AdvisoryDatabase database, ReadOnlySpan<char> text, uint other, Span<char> buffer)
    {
        var second = buffer[(MaxVersionLength / 2)..];
        return text.Length > MaxVersionLength / 2 || database.Utf8(other).Length > second.Length
            ? _order.Compare(text.ToString(), database.Text(other))
            : _order.Compare(text, second[..Encoding.UTF8.GetChars(database.Utf8(other), second)]);
    }

    private static ReadOnlySpan<char> Decode(AdvisoryDatabase database, uint text, Span<char> buffer)
    {
        var bytes = database.Utf8(text);
        return bytes.Length > buffer.Length ? database.Text(text) : buffer[..Encoding.UTF8.GetChars(bytes, buffer)];
    }
}
