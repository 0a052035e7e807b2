namespace PatchContainers.Versions;

/// <summary>
/// A version of an Alpine package: numbers joined by dots, a letter, suffixes, a commit hash, a revision
/// (<c>1.2.3b_rc1_p2~deadbeef-r4</c>; apk-package(5), "Package metadata"), ordered as apk-tools orders.
/// </summary>
public readonly struct ApkVersion : IComparable<ApkVersion>, IEquatable<ApkVersion>
{
    private readonly string? _text;

    private ApkVersion(string text) => _text = text;

    /// <summary>Reads a version as strictly as apk-tools does; false where it is none.</summary>
    public static bool TryParse(string? text, out ApkVersion version)
    {
        var valid = text is not null && IsValid(text);
        version = valid ? new ApkVersion(text!) : default;
        return valid;
    }

    /// <summary>Reads a version as strictly as apk-tools does.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none.</exception>
    public static ApkVersion Parse(string text) => TryParse(text, out var version)
        ? version
        : throw new PatchException(PatchErrorCode.InvalidArgument, text ?? string.Empty,
            $"'{text}' is not a version of an Alpine package: numbers joined by dots, a letter, suffixes, ~hash and -rN, in this order.");

    /// <inheritdoc/>
    public int CompareTo(ApkVersion other) => Compare(_text, other._text);

    /// <summary>Whether apk-tools holds the two for equal: <c>1.0-r1</c> and <c>01.0-r01</c> are.</summary>
    public bool Equals(ApkVersion other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ApkVersion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        var token = new ApkVersionToken(_text);
        for (; token.Kind < ApkTokenKind.End; token.MoveNext())
        {
            token.AddTo(ref hash);
        }

        return hash.ToHashCode();
    }

    /// <summary>The version as written.</summary>
    public override string ToString() => _text ?? string.Empty;

    /// <summary>Equal to apk-tools.</summary>
    public static bool operator ==(ApkVersion left, ApkVersion right) => left.CompareTo(right) == 0;

    /// <summary>Not equal to apk-tools.</summary>
    public static bool operator !=(ApkVersion left, ApkVersion right) => left.CompareTo(right) != 0;

    /// <summary>Older.</summary>
    public static bool operator <(ApkVersion left, ApkVersion right) => left.CompareTo(right) < 0;

    /// <summary>Older or equal.</summary>
    public static bool operator <=(ApkVersion left, ApkVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Newer.</summary>
    public static bool operator >(ApkVersion left, ApkVersion right) => left.CompareTo(right) > 0;

    /// <summary>Newer or equal.</summary>
    public static bool operator >=(ApkVersion left, ApkVersion right) => left.CompareTo(right) >= 0;

    /// <summary>Compares without allocating. What is not valid counts up to its first fault, as apk-tools itself compares it.</summary>
    internal static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var l = new ApkVersionToken(left);
        var r = new ApkVersionToken(right);
        while (l.Kind == r.Kind && l.Kind < ApkTokenKind.End)
        {
            var order = l.CompareValue(r);
            if (order != 0)
            {
                return order;
            }

            l.MoveNext();
            r.MoveNext();
        }

        // Equal so far: the one that goes on is newer, unless it goes on as a pre-release.
        return l.IsPreRelease ? (r.IsPreRelease ? 0 : -1)
            : r.IsPreRelease ? 1
            : r.Kind.CompareTo(l.Kind);
    }

    /// <summary>Whether a text is a version.</summary>
    internal static bool IsValid(ReadOnlySpan<char> text)
    {
        var token = new ApkVersionToken(text);
        while (token.Kind < ApkTokenKind.End)
        {
            token.MoveNext();
        }

        return token.Kind == ApkTokenKind.End;
    }
}
