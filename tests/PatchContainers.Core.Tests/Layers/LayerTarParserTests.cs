using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Images;
using PatchContainers.Layers;
using Xunit;

namespace PatchContainers.Core.Tests.Layers;

public sealed class LayerTarParserTests
{
    private static readonly byte[] Tar = new RawTar()
        .Add("./", '5').Pax("19 comment=0123456\n", 'g').Add("etc/passwd", content: new string('r', 700)).Pax("29 path=usr/share/a/b/c/name\n").Add("short", content: "x")
        .Add("././@LongLink", 'L', new string('n', 600) + "\0").Add("cut", content: "y").Add("a/.wh.b").Add("c/.wh..wh..opq").Add("link", '2', link: "etc/passwd")
        .Add("hard", '1', link: "etc/passwd").Add("empty").End().Bytes;

    [Fact]
    public void However_the_bytes_are_cut_the_entries_are_the_same()
    {
        var expected = Parse([Tar]);
        Assert.Equal(9, expected.Entries.Count);
        Prop.ForAll(Gen.Choose(1, 1500).NonEmptyListOf().ToArbitrary(), lengths =>
        {
            var pieces = new List<byte[]>();
            for (int at = 0, i = 0; at < Tar.Length; at += pieces[^1].Length, i++)
            {
                pieces.Add(Tar[at..Math.Min(Tar.Length, at + lengths[i % lengths.Count])]);
            }

            var actual = Parse(pieces);
            return actual.Entries.SequenceEqual(expected.Entries)
                && actual.Files.All(f => f.Value.Span.SequenceEqual(expected.Files[f.Key].Span)) && actual.Files.Count == expected.Files.Count;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_damage_gives_entries_or_an_error_that_names_the_layer()
    {
        var damage = from at in Gen.Choose(0, Tar.Length - 1) from value in Gen.Choose(0, 255) select (at, (byte)value);
        Prop.ForAll((from d in damage.NonEmptyListOf() from cut in Gen.Choose(0, Tar.Length) from fix in Gen.Elements(true, false) select (d, cut, fix)).ToArbitrary(), t =>
        {
            var bytes = Tar.ToArray();
            foreach (var (at, value) in t.d)
            {
                bytes[at] = value;
            }

            // Half of the damage is made to pass the first check, so that the others are reached.
            for (var block = 0; t.fix && block + 512 <= bytes.Length; block += 512)
            {
                if (bytes.AsSpan(block + 257, 5).SequenceEqual("ustar"u8))
                {
                    System.Text.Encoding.ASCII.GetBytes(Convert.ToString(TarFormat.Sum(bytes.AsSpan(block, 512)), 8).PadLeft(6, '0') + "\0 ").CopyTo(bytes, block + 148);
                }
            }

            try
            {
                Assert.All(Parse([bytes[..t.cut]]).Entries, e => Assert.DoesNotContain("..", e.Path.Split('/')));
            }
            catch (PatchException e)
            {
                Assert.StartsWith("sha256:", e.Target, StringComparison.Ordinal);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("whiteout.layer", "etc Directory|etc/profile Whiteout")]
    [InlineData("whiteout_advanced.layer", "a Directory|a/a_file.txt Whiteout|a_root_file.txt Whiteout|b Whiteout")]
    [InlineData("whiteout_opaque.layer", "a Directory|a OpaqueWhiteout|b Directory|b/not.a.wh..wh..opq File")]
    public void Layers_of_another_tool_are_read(string file, string expected)
    {
        var content = Parse([File.ReadAllBytes(Conformance.Path("pkgdb", "layers-whiteout", file))]);
        Assert.Equal(expected, string.Join('|', content.Entries.Select(e => $"{e.Path} {e.Kind}")));
    }

    private static LayerContent Parse(IEnumerable<byte[]> pieces)
    {
        var name = new LayerName(ImageReference.Parse("app:1"), new Descriptor(MediaTypes.OciLayer, Digest.OfBytes([]), 0));
        using var parser = new LayerTarParser(name, new LayerSelection("all", static _ => true), new LayerLimits { MaxCapturedBytes = 1_000_000 });
        foreach (var piece in pieces)
        {
            parser.Feed(piece);
        }

        return parser.Complete(Digest.OfBytes([]));
    }
}
