using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace PatchContainers.Images;

/// <summary>
/// A content digest, <c>algorithm:hex</c>, validated: sha256 with 64 and sha512 with 128 lower-case hexadecimal digits
/// (OCI image specification 1.1, descriptor.md, "Digests").
/// </summary>
public readonly struct Digest : IEquatable<Digest>
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private readonly string? _value;

    private Digest(string value) => _value = value;

    /// <summary>True for the default value, which names nothing.</summary>
    public bool IsEmpty => _value is null;

    /// <summary>The algorithm's name: <c>sha256</c> or <c>sha512</c>; empty for the default value.</summary>
    public string Algorithm => _value is null ? string.Empty : _value[.._value.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>The digits after the colon; empty for the default value.</summary>
    public string Hex => _value is null ? string.Empty : _value[(_value.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The first 8 digits, for names that a person reads.</summary>
    public string ShortHex => _value is null ? string.Empty : Hex[..8];

    /// <summary>Reads <c>algorithm:hex</c>.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the text is no digest.</exception>
    public static Digest Parse(string text) => TryParse(text, out var digest)
        ? digest
        : throw new PatchException(PatchErrorCode.InvalidArgument, text ?? string.Empty,
            $"'{text}' is not a digest. Write it as sha256: and 64 lower-case hexadecimal digits (or sha512: and 128).");

    /// <summary>Reads <c>algorithm:hex</c>; false if the text is no digest.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null)
        {
            return false;
        }

        var length = text.StartsWith("sha256:", StringComparison.Ordinal) ? 64
            : text.StartsWith("sha512:", StringComparison.Ordinal) ? 128 : 0;
        if (length == 0 || text.Length != 7 + length || text.AsSpan(7).ContainsAnyExcept(LowerHex))
        {
            return false;
        }

        digest = new Digest(text);
        return true;
    }

    /// <summary>The sha256 digest of these bytes.</summary>
    public static Digest OfBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return FromHash(HashAlgorithmName.SHA256, hash);
    }

    /// <summary>Makes a digest of a finished hash.</summary>
    /// <param name="algorithm">SHA256 or SHA512.</param>
    /// <param name="hash">The hash's bytes.</param>
    public static Digest FromHash(HashAlgorithmName algorithm, ReadOnlySpan<byte> hash)
    {
        var name = algorithm == HashAlgorithmName.SHA512 ? "sha512:" : "sha256:";
#pragma warning disable CA1308 // Digests are lower case by specification.
        return Parse(name + Convert.ToHexString(hash).ToLowerInvariant());
#pragma warning restore CA1308
    }

    /// <summary>Starts a hash of this digest's algorithm, to check bytes against it.</summary>
    public IncrementalHash CreateHash() => IncrementalHash.CreateHash(HashName);

    /// <summary>The framework's name of the algorithm.</summary>
    public HashAlgorithmName HashName => Algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;

    /// <summary>Whether these bytes have this digest.</summary>
    public bool Matches(ReadOnlySpan<byte> bytes)
    {
        if (Algorithm == "sha512")
        {
            return this == FromHash(HashAlgorithmName.SHA512, SHA512.HashData(bytes));
        }

        return !IsEmpty && this == OfBytes(bytes);
    }

    /// <inheritdoc/>
    public bool Equals(Digest other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : string.GetHashCode(_value, StringComparison.Ordinal);

    /// <summary><c>algorithm:hex</c>, or an empty string for the default value.</summary>
    public override string ToString() => _value ?? string.Empty;

    /// <summary>Same algorithm and digits.</summary>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Another algorithm or other digits.</summary>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);
}
