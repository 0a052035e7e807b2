using System.Security.Cryptography;
using System.Text;

namespace PatchContainers.Scanning.Clair;

/// <summary>Signs JSON with a key that both sides have (RFC 7515, compact serialization; RFC 7518, section 3.2: HS256).</summary>
internal static class JsonWebSignature
{
    /// <summary>The signed text.</summary>
    /// <param name="header">The header's JSON, which has to name HS256.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="key">The key.</param>
    public static string Sign(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> key)
    {
        var signed = $"{Base64Url(header)}.{Base64Url(payload)}";
        return $"{signed}.{Base64Url(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";
    }

    // RFC 4648, section 5, without padding.
    private static string Base64Url(ReadOnlySpan<byte> bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
