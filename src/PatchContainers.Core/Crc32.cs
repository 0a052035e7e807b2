namespace PatchContainers;

/// <summary>The checksum of gzip and zip (RFC 1952, section 8), which the framework has in a package of its own only.</summary>
internal struct Crc32
{
    private static readonly uint[] Table = MakeTable();

    private uint _value;

    /// <summary>The checksum of what was added.</summary>
    public readonly uint Value => _value;

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = ~_value;
        foreach (var b in bytes)
        {
            crc = Table[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        _value = ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var n = 0u; n < table.Length; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++)
            {
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }

            table[n] = c;
        }

        return table;
    }
}
