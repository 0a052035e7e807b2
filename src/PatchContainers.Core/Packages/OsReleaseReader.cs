using System.Text;

namespace PatchContainers.Packages;

/// <summary>Reads <c>os-release</c> (os-release(5)): assignments as a shell would read them, without running any.</summary>
internal static class OsReleaseReader
{
    /// <summary>Where it lies, in the order in which it is looked for.</summary>
    public static readonly string[] Paths = ["etc/os-release", "usr/lib/os-release"];

    /// <summary>
    /// Reads the file. A line that is no assignment says nothing; without <c>ID</c> the identifier is <c>linux</c>, as the manual
    /// page has it.
    /// </summary>
    public static OsRelease Parse(ReadOnlySpan<byte> content)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(content).TrimStart('\uFEFF').AsSpan().EnumerateLines())
        {
            var text = line.Trim();
            var equals = text.IndexOf('=');
            if (equals > 0 && text[0] != '#')
            {
                values[text[..equals].ToString()] = Unquote(text[(equals + 1)..]);
            }
        }

#pragma warning disable CA1308 // Identifiers are lower case by specification.
        var id = values.GetValueOrDefault("ID", string.Empty).ToLowerInvariant();
#pragma warning restore CA1308
        return new OsRelease(
            id.Length > 0 ? id : "linux",
            values.GetValueOrDefault("VERSION_ID", string.Empty),
            values.GetValueOrDefault("VERSION_CODENAME", string.Empty),
            values.GetValueOrDefault("PRETTY_NAME", string.Empty));
    }

    private static string Unquote(ReadOnlySpan<char> value)
    {
        if (value.Length >= 2 && value[0] == '\'' && value[^1] == '\'')
        {
            return value[1..^1].ToString();
        }

        if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
        {
            value = value[1..^1];
        }

        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            // A backslash takes the meaning of the character behind it.
            i += value[i] == '\\' && i + 1 < value.Length ? 1 : 0;
            text.Append(value[i]);
        }

        return text.ToString();
    }
}
