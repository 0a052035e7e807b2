using System.Text;
using System.Text.Unicode;

namespace PatchContainers.Layers;

/// <summary>
/// One header of a tar as written: POSIX ustar, GNU's old form, or plain Version 7 (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar
/// manual, "Basic Tar Format").
/// </summary>
internal readonly record struct TarHeader(string Name, char Type, int Mode, long Uid, long Gid, long Size, string LinkName)
{
    /// <summary>Whether a block holds nothing but zeros: two of them end a tar.</summary>
    public static bool IsEnd(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    /// <summary>Reads a block.</summary>
    /// <param name="block">512 bytes.</param>
    /// <param name="header">The header, as far as it could be read.</param>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? TryRead(ReadOnlySpan<byte> block, out TarHeader header)
    {
        var name = Text(block[TarFormat.Name]);
        var type = (char)block[TarFormat.Type];
        header = new TarHeader(name, type, 0, 0, 0, 0, string.Empty);
        if (!TryNumber(block[TarFormat.Checksum], out var checksum)
            || (checksum != TarFormat.Sum(block) && checksum != TarFormat.SignedSum(block)))
        {
            return "the checksum of its tar header does not hold";
        }

        // GNU's magic has a space where POSIX has a NUL, and other fields where POSIX has the prefix.
        if (block[TarFormat.Magic].SequenceEqual("ustar\0"u8) && Text(block[TarFormat.Prefix]) is { Length: > 0 } prefix)
        {
            name = $"{prefix}/{name}";
        }

        header = header with { Name = name, LinkName = Text(block[TarFormat.LinkName]) };
        if (!TryNumber(block[TarFormat.Mode], out var mode) || !TryNumber(block[TarFormat.Uid], out var uid)
            || !TryNumber(block[TarFormat.Gid], out var gid) || !TryNumber(block[TarFormat.Size], out var size))
        {
            return "its tar header has a field that is no number";
        }

        header = header with { Mode = (int)(mode & 0xFFF), Uid = uid, Gid = gid, Size = size };
        return size < 0 ? "its size is negative" : null;
    }

    /// <summary>Makes text of bytes; what is no UTF-8 stands as <c>\xNN</c>, so that two names never become one.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder();
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune);
            }
            else
            {
                foreach (var b in bytes[..length])
                {
                    text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{b:X2}");
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Decode(end < 0 ? field : field[..end]);
    }

    // Octal digits between spaces and NULs, or, with the first bit set, a two's complement number of all other bits (GNU, star).
    private static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            var negative = (field[0] & 0x40) != 0;
            Int128 number = negative ? (field[0] | -0x80) : field[0] & 0x3F;
            foreach (var b in field[1..])
            {
                number = (number << 8) | b;
            }

            value = (long)number;
            return number == value;
        }

        field = field.Trim(" \0"u8);
        foreach (var b in field)
        {
            if (b is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            value = (value << 3) | (uint)(b - '0');
        }

        return true;
    }
}
