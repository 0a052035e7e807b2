using System.Text;

namespace PatchContainers.Core.Tests.Layers;

/// <summary>Writes tar headers by hand: the honest ones of old programs, and those that no honest program writes.</summary>
internal sealed class RawTar
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => _bytes.ToArray();

    public RawTar Add(string name, char type = '0', string content = "", string link = "", string? size = null, string magic = "ustar\0" + "00", string prefix = "",
        string mode = "0000644\0", string uid = "0000000\0", int checksumError = 0, bool signedChecksum = false, byte[]? rawName = null)
    {
        var body = Encoding.UTF8.GetBytes(content);
        var block = new byte[512];
        (rawName ?? Encoding.UTF8.GetBytes(name)).CopyTo(block, 0);
        Put(100, mode);
        Put(108, uid);
        Put(116, "0000000\0");
        Put(124, size ?? Convert.ToString(body.Length, 8).PadLeft(11, '0') + "\0");
        Put(136, "00000000000\0");
        block[156] = (byte)type;
        Put(157, link);
        Put(257, magic);
        Put(345, prefix);
        var sum = block.Sum(b => signedChecksum ? (sbyte)b : b) + (8 * ' ') + checksumError;
        Put(148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        _bytes.AddRange(block);
        _bytes.AddRange(body);
        _bytes.AddRange(new byte[-body.Length & 511]);
        return this;

        void Put(int at, string text) => Encoding.Latin1.GetBytes(text, block.AsSpan(at));
    }

    public RawTar Pax(string records, char type = 'x') => Add("PaxHeader", type, records);

    public RawTar End()
    {
        _bytes.AddRange(new byte[1024]);
        return this;
    }
}
