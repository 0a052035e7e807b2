using System.Globalization;
using System.Text;

namespace PatchContainers.Inventory;

/// <summary>Writes names into ids of workloads, and reads them back: what parts an id stands in it as <c>%2F</c>.</summary>
internal static class WorkloadIdText
{
    public static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsControl(c) || c is '%' or '#' or '~' or '/')
            {
                result.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }

    /// <summary>Null where it was never written so.</summary>
    public static string? Unescape(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                result.Append(text[i]);
            }
            else if (i + 2 < text.Length
                && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                result.Append((char)code);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return result.ToString();
    }
}
