using System.Globalization;
using System.Text;
using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>The layer that is read, as errors name it.</summary>
/// <param name="Repository">The reference that it was read through.</param>
/// <param name="Layer">The layer's descriptor.</param>
internal sealed record LayerName(ImageReference Repository, Descriptor Layer)
{
    public override string ToString() => $"layer {Layer.Digest} of {Repository}";

    /// <summary>The layer, or one of its entries, is not what it should be.</summary>
    public PatchException Fault(
        string fault, string? entry = null, PatchErrorCode code = PatchErrorCode.InvalidData, Exception? inner = null)
    {
        var where = entry is null ? string.Empty : $", entry '{Printable(entry)}'";
        return new PatchException(code, Layer.Digest.ToString(), $"Cannot read {this}{where}: {fault}.", inner);
    }

    /// <summary>A limit was passed.</summary>
    /// <param name="what">What is too much: <c>it has more than 5 entries</c>.</param>
    /// <param name="limit">The limit's name in <see cref="LayerLimits"/>.</param>
    /// <param name="entry">The entry at hand; null where it is none.</param>
    public PatchException Limit(string what, string limit, string? entry = null) =>
        Fault($"{what} ({LayerLimits.NameOf(limit)})", entry, PatchErrorCode.LimitExceeded);

    // Names come out of files that anybody may have made: no line breaks, no terminal sequences, no megabytes.
    private static string Printable(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name.AsSpan(0, Math.Min(name.Length, 200)))
        {
            _ = char.IsControl(c) ? text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}") : text.Append(c);
        }

        return name.Length > 200 ? text.Append("...").ToString() : text.ToString();
    }
}
