using System.Text.Json;

namespace PatchContainers.Scanning.Clair;

/// <summary>The key that Clair shares with those who may ask it (its documentation, "Authentication": PSK).</summary>
/// <param name="key">The key's bytes.</param>
/// <param name="issuer">As whom: one of the issuers that Clair's configuration names.</param>
internal sealed class ClairKey(byte[] key, string issuer)
{
    // Clair's services give each other's tokens as much; clocks may differ by that.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>As whom.</summary>
    public string Issuer => issuer;

    /// <summary>Reads a key as it stands in Clair's configuration.</summary>
    /// <param name="text">The key in base64.</param>
    /// <param name="place">Where it was found, for the error.</param>
    /// <param name="issuer">As whom.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no base64. The key is not in the
    /// message.</exception>
    public static ClairKey Parse(string text, string place, string issuer)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length > 0 ? new ClairKey(bytes[..length], issuer)
            : throw new PatchException(PatchErrorCode.InvalidData, place,
                $"What is in {place} is no key of Clair: that is base64, as in the configuration of Clair (auth.psk.key).");
    }

    /// <summary>A token (RFC 7519) that is good for a minute.</summary>
    /// <param name="now">The time.</param>
    public string TokenAt(DateTimeOffset now)
    {
        using var claims = new MemoryStream();
        using (var json = new Utf8JsonWriter(claims))
        {
            json.WriteStartObject();
            json.WriteString("iss", issuer);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("nbf", (now - Lifetime).ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
            json.WriteEndObject();
        }

        return JsonWebSignature.Sign("""{"alg":"HS256","typ":"JWT"}"""u8, claims.ToArray(), key);
    }
}
