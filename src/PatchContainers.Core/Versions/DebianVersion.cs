using System.Buffers;

namespace PatchContainers.Versions;

/// <summary>
/// A version of a Debian package: <c>[epoch:]upstream[-revision]</c> (Debian policy 5.6.12, deb-version(7)), ordered as dpkg
/// orders.
/// </summary>
public readonly struct DebianVersion : IComparable<DebianVersion>, IEquatable<DebianVersion>
{
    private static readonly SearchValues<char> UpstreamCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+-~:");

    private static readonly SearchValues<char> RevisionCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+~");

    private readonly string? _text;

    private DebianVersion(string text) => _text = text;

    /// <summary>Reads a version as strictly as dpkg's own tools do when they build a package; false where it is none.</summary>
    public static bool TryParse(string? text, out DebianVersion version)
    {
        var valid = text is not null && FindFault(text) is null;
        version = valid ? new DebianVersion(text!) : default;
        return valid;
    }

    /// <summary>Reads a version as strictly as dpkg's own tools do when they build a package.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none; the message says why.</exception>
    public static DebianVersion Parse(string text) => FindFault(text) is { } fault
        ? throw new PatchException(PatchErrorCode.InvalidArgument, text, $"'{text}' is not a version of a Debian package: {fault}.")
        : new DebianVersion(text);

    /// <inheritdoc/>
    public int CompareTo(DebianVersion other) => Compare(_text, other._text);

    /// <summary>Whether dpkg holds the two for equal: <c>1.0</c>, <c>0:1.0</c> and <c>1.0-0</c> are.</summary>
    public bool Equals(DebianVersion other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DebianVersion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Equal versions differ only in the zeros that lead a number, and in an empty epoch or revision.
        Split(_text, out var epoch, out var upstream, out var revision);
        var hash = default(HashCode);
        AddTo(ref hash, epoch);
        hash.Add(':');
        AddTo(ref hash, upstream);
        hash.Add('-');
        AddTo(ref hash, revision);
        return hash.ToHashCode();
    }

    /// <summary>The version as written.</summary>
    public override string ToString() => _text ?? string.Empty;

    /// <summary>Equal to dpkg.</summary>
    public static bool operator ==(DebianVersion left, DebianVersion right) => left.CompareTo(right) == 0;

    /// <summary>Not equal to dpkg.</summary>
    public static bool operator !=(DebianVersion left, DebianVersion right) => left.CompareTo(right) != 0;

    /// <summary>Older.</summary>
    public static bool operator <(DebianVersion left, DebianVersion right) => left.CompareTo(right) < 0;

    /// <summary>Older or equal.</summary>
    public static bool operator <=(DebianVersion left, DebianVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Newer.</summary>
    public static bool operator >(DebianVersion left, DebianVersion right) => left.CompareTo(right) > 0;

    /// <summary>Newer or equal.</summary>
    public static bool operator >=(DebianVersion left, DebianVersion right) => left.CompareTo(right) >= 0;

    /// <summary>Compares two valid versions without allocating.</summary>
    internal static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        Split(left, out var leftEpoch, out var leftUpstream, out var leftRevision);
        Split(right, out var rightEpoch, out var rightUpstream, out var rightRevision);
        var order = CompareNumbers(leftEpoch, rightEpoch);
        order = order != 0 ? order : ComparePart(leftUpstream, rightUpstream);
        return order != 0 ? order : ComparePart(leftRevision, rightRevision);
    }

    /// <summary>What keeps a text from being a version; null where nothing does.</summary>
    internal static string? FindFault(ReadOnlySpan<char> text)
    {
        var colon = text.IndexOf(':');
        if (colon >= 0)
        {
            var epoch = text[..colon];
            if (epoch.IsEmpty || epoch.ContainsAnyExceptInRange('0', '9') || !int.TryParse(epoch, out _))
            {
                return "its epoch is no number from 0 to 2147483647";
            }
        }

        Split(text, out _, out var upstream, out var revision);
        return upstream.IsEmpty ? "it has no upstream version"
            : !char.IsAsciiDigit(upstream[0]) ? "its upstream version does not begin with a digit"
            : upstream.ContainsAnyExcept(UpstreamCharacters) ? "its upstream version has a character that may not be there"
            : text[^1] == '-' ? "its revision is empty"
            : revision.ContainsAnyExcept(RevisionCharacters) ? "its revision has a character that may not be there"
            : null;
    }

    private static void Split(
        ReadOnlySpan<char> text, out ReadOnlySpan<char> epoch, out ReadOnlySpan<char> upstream, out ReadOnlySpan<char> revision)
    {
        var colon = text.IndexOf(':');
        epoch = text[..Math.Max(colon, 0)];
        upstream = text[(colon + 1)..];
        revision = default;
        var hyphen = upstream.LastIndexOf('-');
        if (hyphen >= 0)
        {
            revision = upstream[(hyphen + 1)..];
            upstream = upstream[..hyphen];
        }
    }

    // Text and numbers in turn. '~' stands before everything, the end included; letters before all other characters.
    private static int ComparePart(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int l = 0, r = 0;
        while (l < left.Length || r < right.Length)
        {
            while ((l < left.Length && !char.IsAsciiDigit(left[l])) || (r < right.Length && !char.IsAsciiDigit(right[r])))
            {
                var order = Weight(left, l) - Weight(right, r);
                if (order != 0)
                {
                    return order;
                }

                l++;
                r++;
            }

            var leftNumber = Number(left, ref l);
            var rightNumber = Number(right, ref r);
            var numbers = CompareNumbers(leftNumber, rightNumber);
            if (numbers != 0)
            {
                return numbers;
            }
        }

        return 0;
    }

    private static int Weight(ReadOnlySpan<char> text, int index)
    {
        if (index >= text.Length || char.IsAsciiDigit(text[index]))
        {
            return 0;
        }

        var c = text[index];
        return c == '~' ? -1 : char.IsAsciiLetter(c) ? c : c + 256;
    }

    private static ReadOnlySpan<char> Number(ReadOnlySpan<char> text, ref int index)
    {
        var start = Math.Min(index, text.Length);
        var end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        index = end;
        return text[start..end];
    }

    // Numbers of any length: without leading zeros, the longer one is greater.
    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length - right.Length : left.SequenceCompareTo(right);
    }

    private static void AddTo(ref HashCode hash, ReadOnlySpan<char> part)
    {
        var leading = true;
        foreach (var c in part)
        {
            if (c == '0' && leading)
            {
                continue;
            }

            leading = !char.IsAsciiDigit(c);
            hash.Add(c);
        }
    }
}
