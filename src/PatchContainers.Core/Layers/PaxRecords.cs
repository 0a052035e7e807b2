using System.Globalization;
using System.Text;

namespace PatchContainers.Layers;

/// <summary>
/// What pax extended headers and GNU's long names say about the entry that follows (POSIX.1-2017, pax, "pax Extended
/// Header").
/// </summary>
internal sealed record PaxRecords
{
    /// <summary>Nothing said.</summary>
    public static readonly PaxRecords None = new();

    public string? Path { get; init; }

    public string? LinkPath { get; init; }

    public long? Size { get; init; }

    public long? Uid { get; init; }

    public long? Gid { get; init; }

    public bool Sparse { get; init; }

    /// <summary>Reads the records of a header on top of what is known already.</summary>
    /// <param name="bytes">The header's content: <c>length key=value\n</c>, again and again.</param>
    /// <param name="before">What a header before this one said.</param>
    /// <param name="fault">What is wrong; null where nothing is.</param>
    public static PaxRecords Parse(ReadOnlySpan<byte> bytes, PaxRecords before, out string? fault)
    {
        fault = null;
        var records = before;
        while (!bytes.IsEmpty)
        {
            var space = bytes.IndexOf((byte)' ');
            if (space < 1 || !int.TryParse(bytes[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > bytes.Length || bytes[length - 1] != '\n')
            {
                fault = "a record of its pax header does not have the form 'length key=value'";
                return before;
            }

            var record = bytes[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                fault = "a record of its pax header has no key";
                return before;
            }

            records = records.With(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..], out fault);
            if (fault is not null)
            {
                return before;
            }

            bytes = bytes[length..];
        }

        return records;
    }

    private PaxRecords With(string key, ReadOnlySpan<byte> value, out string? fault)
    {
        fault = null;
        switch (key)
        {
            // An empty value takes a record back.
            case "path":
                return this with { Path = value.IsEmpty ? null : TarHeader.Decode(value) };
            case "linkpath":
                return this with { LinkPath = value.IsEmpty ? null : TarHeader.Decode(value) };
            case "size":
                return this with { Size = Number(key, value, 0, out fault) };
            case "uid":
                return this with { Uid = Number(key, value, long.MinValue, out fault) };
            case "gid":
                return this with { Gid = Number(key, value, long.MinValue, out fault) };
            default:
                return key.StartsWith("GNU.sparse.", StringComparison.Ordinal) ? this with { Sparse = true } : this;
        }
    }

    private static long? Number(string key, ReadOnlySpan<byte> value, long minimum, out string? fault)
    {
        fault = null;
        if (value.IsEmpty)
        {
            return null;
        }

        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number < minimum)
        {
            fault = $"the record '{key}' of its pax header is no possible number";
            return null;
        }

        return number;
    }
}
