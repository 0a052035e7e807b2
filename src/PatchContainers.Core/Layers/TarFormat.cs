namespace PatchContainers.Layers;

/// <summary>Where the fields of a tar header stand (POSIX.1-2017, pax, "ustar Interchange Format").</summary>
internal static class TarFormat
{
    public const int BlockSize = 512;

    public static readonly Range Name = 0..100;
    public static readonly Range Mode = 100..108;
    public static readonly Range Uid = 108..116;
    public static readonly Range Gid = 116..124;
    public static readonly Range Size = 124..136;
    public static readonly Range Time = 136..148;
    public static readonly Range Checksum = 148..156;
    public const int Type = 156;
    public static readonly Range LinkName = 157..257;
    public static readonly Range Magic = 257..263;
    public static readonly Range Version = 263..265;
    public static readonly Range Prefix = 345..500;

    /// <summary>The sum of a header's bytes, its checksum field taken as spaces.</summary>
    public static int Sum(ReadOnlySpan<byte> block)
    {
        var sum = 8 * ' ';
        foreach (var b in block[..148])
        {
            sum += b;
        }

        foreach (var b in block[156..BlockSize])
        {
            sum += b;
        }

        return sum;
    }

    /// <summary>The same sum with signed bytes, as some old programs made it.</summary>
    public static int SignedSum(ReadOnlySpan<byte> block)
    {
        var sum = Sum(block);
        foreach (var b in block[..148])
        {
            sum -= b >= 0x80 ? 256 : 0;
        }

        foreach (var b in block[156..BlockSize])
        {
            sum -= b >= 0x80 ? 256 : 0;
        }

        return sum;
    }
}
