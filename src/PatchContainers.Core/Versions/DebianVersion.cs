namespace PatchContainers.Versions;

/// <summary>A version of a Debian package: <c>[epoch:]upstream[-revision]</c> (Debian policy 5.6.12, deb-version(7)), ordered as dpkg orders.</summary>
public readonly struct DebianVersion : IComparable<DebianVersion>, IEquatable<DebianVersion>
{
    private readonly string? _text;

    private DebianVersion(string text) => _text = text;

    /// <summary>Reads a version as strictly as dpkg does; false where it is none.</summary>
    public static bool TryParse(string? text, out DebianVersion version)
    {
        version = text is null ? default : new DebianVersion(text);
        throw new NotImplementedException();
    }

    /// <summary>Reads a version as strictly as dpkg does.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none; the message says why.</exception>
    public static DebianVersion Parse(string text) => throw new NotImplementedException();

    /// <inheritdoc/>
    public int CompareTo(DebianVersion other) => throw new NotImplementedException();

    /// <summary>Whether dpkg holds the two for equal: <c>1.0</c>, <c>0:1.0</c> and <c>1.0-0</c> are.</summary>
    public bool Equals(DebianVersion other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DebianVersion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => throw new NotImplementedException();

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
}
