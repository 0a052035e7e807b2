using System.Globalization;
using System.Text;

namespace PatchContainers.Layers;

/// <summary>One ustar header, and the pax records for whatever does not fit into it (POSIX.1-2017, pax, "pax Extended Header").</summary>
internal readonly ref struct TarHeaderWriter
{
    private readonly byte[] _block = new byte[TarFormat.BlockSize];

    public TarHeaderWriter(char type, string path, string link, long size, int mode, long uid, long gid, long time)
    {
        var records = new StringBuilder();
        if (!TryWriteName(path))
        {
            AppendRecord(records, "path", path);
            WriteAscii(TarFormat.Name, path);
        }

        if (Encoding.UTF8.GetByteCount(link) > 100 || !Ascii.IsValid(link))
        {
            AppendRecord(records, "linkpath", link);
        }

        WriteAscii(TarFormat.LinkName, link);
        WriteOctal(TarFormat.Mode, mode);
        WriteNumber(records, "uid", TarFormat.Uid, uid);
        WriteNumber(records, "gid", TarFormat.Gid, gid);
        WriteNumber(records, "size", TarFormat.Size, size);
        WriteNumber(records, "mtime", TarFormat.Time, time);
        if (records.Length > 0 && _block[TarFormat.Prefix.Start.Value] != 0)
        {
            // Some readers (System.Formats.Tar) do not look at ustar's prefix once a pax header stands in front.
            AppendRecord(records, "path", path);
        }

        _block[TarFormat.Type] = (byte)type;
        "ustar\0"u8.CopyTo(_block.AsSpan(TarFormat.Magic));
        "00"u8.CopyTo(_block.AsSpan(TarFormat.Version));

        var checksum = _block.AsSpan(TarFormat.Checksum);
        Encoding.ASCII.GetBytes(Octal(TarFormat.Sum(_block), 6), checksum);
        checksum[7] = (byte)' ';
        PaxRecords = Encoding.UTF8.GetBytes(records.ToString());
    }

    public ReadOnlySpan<byte> Block => _block;

    public byte[] PaxRecords { get; }

    private static string Octal(long value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0');

    // The length counts itself: "30 mtime=1350244992.023960108\n".
    private static void AppendRecord(StringBuilder records, string key, string value)
    {
        var rest = Encoding.UTF8.GetByteCount(value) + key.Length + 3;
        var length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        records.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
    }

    private bool TryWriteName(string path)
    {
        if (!Ascii.IsValid(path))
        {
            return false;
        }

        if (path.Length <= 100)
        {
            WriteAscii(TarFormat.Name, path);
            return true;
        }

        // The prefix takes up to 155 bytes, and the slash between the two parts is not stored.
        var slash = path.IndexOf('/', Math.Max(0, path.Length - 101));
        if (slash is < 1 or > 155 || slash == path.Length - 1)
        {
            return false;
        }

        WriteAscii(TarFormat.Prefix, path[..slash]);
        WriteAscii(TarFormat.Name, path[(slash + 1)..]);
        return true;
    }

    // Where a pax record holds the true text, this is what a reader without pax sees: '?' for what is not ASCII, cut to fit.
    private void WriteAscii(Range field, string text)
    {
        var target = _block.AsSpan(field);
        Encoding.ASCII.GetBytes(text.AsSpan(0, Math.Min(text.Length, target.Length)), target);
    }

    private void WriteOctal(Range field, long value)
    {
        var target = _block.AsSpan(field);
        Encoding.ASCII.GetBytes(Octal(value, target.Length - 1), target);
    }

    private void WriteNumber(StringBuilder records, string key, Range field, long value)
    {
        var fits = value >= 0 && value < 1L << (3 * (_block.AsSpan(field).Length - 1));
        if (!fits)
        {
            AppendRecord(records, key, value.ToString(CultureInfo.InvariantCulture));
        }

        WriteOctal(field, fits ? value : 0);
    }
}
