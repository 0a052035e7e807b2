namespace PatchContainers.Versions;

/// <summary>A version of an Alpine package: <c>1.2.3a_rc1-r0</c> (apk-package(5), "Package metadata"), ordered as apk-tools orders.</summary>
public readonly struct ApkVersion : IComparable<ApkVersion>, IEquatable<ApkVersion>
{
    private readonly string? _text;

    private ApkVersion(string text) => _text = text;

    /// <summary>Reads a version as strictly as apk-tools does; false where it is none.</summary>
    public static bool TryParse(string? text, out ApkVersion version)
    {
        version = text is null ? default : new ApkVersion(text);
        throw new NotImplementedException();
    }

    /// <summary>Reads a version as strictly as apk-tools does.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none; the message says why.</exception>
    public static ApkVersion Parse(string text) => throw new NotImplementedException();

    /// <inheritdoc/>
    public int CompareTo(ApkVersion other) => throw new NotImplementedException();

    /// <summary>Whether apk-tools holds the two for equal.</summary>
    public bool Equals(ApkVersion other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ApkVersion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => throw new NotImplementedException();

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
}
