using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Images;
using PatchContainers.Layers;
using Xunit;

namespace PatchContainers.Core.Tests.Layers;

public sealed class SquashedViewTests
{
    [Fact]
    public async Task The_upper_layer_wins_and_is_named()
    {
        var view = await ViewAsync(
            l => { l.AddFile("a", "old"); l.AddFile("b", "kept"); },
            l => l.AddFile("a", "new"));

        Assert.Equal(("new", 1), Read(view, "a"));
        Assert.Equal(("kept", 0), Read(view, "/b"));
        Assert.Null(view.Find("c"));
    }

    [Fact]
    public async Task A_whiteout_removes_a_path_and_what_is_below()
    {
        var view = await ViewAsync(
            l => { l.AddDirectory("d"); l.AddFile("d/x", "1"); l.AddFile("d/sub/y", "2"); l.AddFile("e", "3"); },
            l => { l.AddWhiteout("d"); l.AddWhiteout("e"); });

        Assert.Empty(view.EnumerateBelow(""));
        Assert.Null(view.ReadFile("d/sub/y"));
        Assert.Null(view.Find("d"));
    }

    [Fact]
    public async Task What_comes_back_above_a_whiteout_is_there_without_the_rest()
    {
        var view = await ViewAsync(
            l => { l.AddDirectory("d"); l.AddFile("d/x", "1"); },
            l => l.AddWhiteout("d"),
            l => l.AddFile("d/z", "3"));

        Assert.Equal(["d/z@2"], Paths(view));
        Assert.Equal(LayerEntryKind.Directory, view.Find("d")?.Entry.Kind);
    }

    [Fact]
    public async Task A_whiteout_hides_nothing_of_its_own_layer()
    {
        var view = await ViewAsync(
            l => { l.AddFile("d/x", "1"); l.AddFile("f", "old"); },
            l => { l.AddWhiteout("d"); l.AddFile("d/y", "2"); l.AddFile("f", "new"); l.AddWhiteout("f"); });

        Assert.Equal(["d/y@1", "f@1"], Paths(view));
    }

    [Fact]
    public async Task An_opaque_directory_hides_what_is_below_in_lower_layers_alone()
    {
        var view = await ViewAsync(
            l => { l.AddDirectory("d", 0b111_000_000); l.AddFile("d/x", "1"); l.AddFile("d/s/x", "1"); },
            l => { l.AddDirectory("d"); l.AddOpaqueWhiteout("d"); l.AddFile("d/y", "2"); },
            l => l.AddFile("d/z", "3"));

        Assert.Equal(["d@1", "d/y@1", "d/z@2"], Paths(view));
    }

    [Fact]
    public async Task An_opaque_root_hides_all_below()
    {
        var view = await ViewAsync(l => l.AddFile("a/x", "1"), l => { l.AddOpaqueWhiteout(""); l.AddFile("b", "2"); });
        Assert.Equal(["b@1"], Paths(view));
    }

    [Fact]
    public async Task A_file_in_the_place_of_a_directory_removes_what_was_below_for_good()
    {
        var view = await ViewAsync(
            l => { l.AddDirectory("d"); l.AddFile("d/x", "1"); },
            l => l.AddFile("d", "file"),
            l => { l.AddDirectory("d"); l.AddFile("d/y", "2"); });

        Assert.Equal(["d@2", "d/y@2"], Paths(view));
        Assert.Null(view.Find("d/x"));
    }

    [Fact]
    public async Task A_directory_in_the_place_of_a_file_replaces_it()
    {
        var view = await ViewAsync(l => l.AddFile("d", "file"), l => l.AddFile("d/y", "2"));
        Assert.Equal(["d/y@1"], Paths(view));
        Assert.Equal(new LayerEntry("d", LayerEntryKind.Directory, LayerWriter.DirectoryMode, 0, 0, 0, "", default), view.Find("d")?.Entry);
    }

    [Fact]
    public async Task A_directory_keeps_the_attributes_of_its_highest_entry()
    {
        var view = await ViewAsync(l => l.AddDirectory("d", 0b111_000_000, 5), l => l.AddFile("d/x", "1"));
        Assert.Equal((0b111_000_000, 5L, 0), (view.Find("d")!.Value.Entry.Mode, view.Find("d")!.Value.Entry.Uid, view.Find("d")!.Value.Layer));
    }

    [Fact]
    public async Task A_hard_link_is_the_file_it_links_to_also_across_layers()
    {
        var view = await ViewAsync(
            l => l.AddFile("a", "content", 0b110_000_000, 7),
            l => { l.AddHardLink("b", "a"); l.AddHardLink("c", "b"); },
            l => l.AddFile("a", "changed"));

        var expected = new LayerEntry("c", LayerEntryKind.File, 0b110_000_000, 7, 0, 7, "", Digest.OfBytes("content"u8));
        Assert.Equal(new SquashedEntry(expected, 1), view.Find("c"));
        Assert.Equal(("content", 1), Read(view, "c"));
        Assert.Equal(("changed", 2), Read(view, "a"));
    }

    [Fact]
    public async Task A_hard_link_to_nothing_stays_one()
    {
        var view = await ViewAsync(l => { l.AddHardLink("b", "gone"); l.AddDirectory("d"); l.AddHardLink("e", "d"); });
        Assert.Equal((LayerEntryKind.HardLink, "gone"), (view.Find("b")!.Value.Entry.Kind, view.Find("b")!.Value.Entry.LinkTarget));
        Assert.Equal(LayerEntryKind.HardLink, view.Find("e")!.Value.Entry.Kind);
        Assert.Null(view.ReadFile("b"));
    }

    public static TheoryData<string, string?> Links => new()
    {
        { "etc/os-release", "usr/lib/os-release" },
        { "lib/os-release", "usr/lib/os-release" },
        { "abs", "usr/lib/os-release" },
        { "chain", "usr/lib/os-release" },
        { "up/../abs", "usr/lib/os-release" },
        { "above", "usr/lib/os-release" },
        { "dangling", null },
        { "usr/lib/os-release/x", null },
        { "nowhere/x", null },
    };

    [Theory]
    [MemberData(nameof(Links))]
    public async Task Symbolic_links_are_followed_in_every_component(string path, string? expected)
    {
        var view = await ViewAsync(
            l => { l.AddFile("usr/lib/os-release", "ID=debian"); l.AddDirectory("up"); },
            l =>
            {
                l.AddSymbolicLink("etc/os-release", "../usr/lib/os-release");
                l.AddSymbolicLink("lib", "usr/lib");
                l.AddSymbolicLink("abs", "/lib/./os-release");
                l.AddSymbolicLink("chain", "etc/../abs");
                l.AddSymbolicLink("above", "../../../usr/lib/os-release");
                l.AddSymbolicLink("dangling", "not/there");
            });

        Assert.Equal(expected, view.ReadFile(path)?.Path);
        Assert.Equal(expected, view.Resolve("/" + path)?.Entry.Path);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b/x")]
    [InlineData("self")]
    public async Task Links_in_a_circle_are_an_error(string path)
    {
        var view = await ViewAsync(l => { l.AddSymbolicLink("a", "b"); l.AddSymbolicLink("b", "/a"); l.AddHardLink("self", "self"); });
        var error = Assert.Throws<PatchException>(() => view.ReadFile(path));
        Assert.Equal((PatchErrorCode.InvalidData, path), (error.Code, error.Target));
        Assert.Contains("circle", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_whose_bytes_were_not_kept_is_there_without_them()
    {
        var layer = LayerWriter.Create(l => l.AddFile("a", "1"));
        var view = new SquashedView([await ReadAsync(layer, LayerSelection.None)]);
        Assert.Equal(new SquashedFile("a", 0, null), view.ReadFile("a"));
    }

    [Fact]
    public async Task Names_that_begin_alike_are_no_parents()
    {
        var view = await ViewAsync(l => { l.AddFile("a-b", "1"); l.AddFile("a/b", "2"); l.AddFile("a.b", "3"); l.AddFile("a0", "4"); }, l => l.AddWhiteout("a"));
        Assert.Equal(["a-b@0", "a.b@0", "a0@0"], Paths(view));
        Assert.Empty(view.EnumerateBelow("a"));
    }

    [Fact]
    public void Any_stack_of_layers_looks_as_if_applied_one_after_the_other()
    {
        var path = Gen.Elements("a", "b", "a/a", "a/b", "b/a", "a/a/a", "a/a/b", "a-a", "b/a/a");
        var change = from p in path from kind in Gen.Choose(0, 4) select (p, kind);
        var layers = from l1 in change.ListOf(4) from l2 in change.ListOf(4) from l3 in change.ListOf(3) select new[] { l1, l2, l3 };
        Prop.ForAll(layers.ToArbitrary(), ls =>
        {
            var contents = ls.Select(l => Consistent(l)).ToArray();
            var written = contents.Select(l => LayerWriter.Create(w => Write(w, l), LayerCompression.None)).ToArray();
            var view = new SquashedView(written.Select(Parse).ToArray());

            var model = new SortedDictionary<string, (int Kind, int Layer)>(StringComparer.Ordinal);
            for (var i = 0; i < contents.Length; i++)
            {
                Apply(model, contents[i], i);
            }

            var expected = model.Where(m => m.Value.Kind != Implied).Select(m => $"{m.Key}@{m.Value.Layer}");
            return expected.SequenceEqual(Paths(view)) && model.All(m => view.Find(m.Key) is { } found && found.Entry.Kind == Kinds[m.Value.Kind]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private const int Implied = 5;

    private static readonly LayerEntryKind[] Kinds =
    [
        LayerEntryKind.File, LayerEntryKind.Directory, LayerEntryKind.SymbolicLink, LayerEntryKind.Whiteout, LayerEntryKind.OpaqueWhiteout, LayerEntryKind.Directory,
    ];

    // One entry a path, and nothing below what is no directory: what a tool that makes layers writes.
    private static (string Path, int Kind)[] Consistent(IEnumerable<(string Path, int Kind)> changes)
    {
        var all = changes.GroupBy(c => c.Path).Select(g => g.Last()).ToArray();
        return [.. all.Where(c => !all.Any(o => o.Kind is 0 or 2 or 3 && c.Path.StartsWith(o.Path + "/", StringComparison.Ordinal))).OrderBy(c => c.Path, StringComparer.Ordinal)];
    }

    private static void Write(LayerWriter writer, (string Path, int Kind)[] layer)
    {
        foreach (var (path, kind) in layer)
        {
            switch (kind)
            {
                case 0: writer.AddFile(path, ""); break;
                case 1: writer.AddDirectory(path); break;
                case 2: writer.AddSymbolicLink(path, "x"); break;
                case 3: writer.AddWhiteout(path); break;
                default: writer.AddOpaqueWhiteout(path); break;
            }
        }
    }

    private static void Apply(SortedDictionary<string, (int Kind, int Layer)> model, (string Path, int Kind)[] layer, int number)
    {
        foreach (var (path, kind) in layer.OrderByDescending(c => c.Kind))
        {
            for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
            {
                MakeDirectory(path[..slash], Implied);
            }

            if (kind is 0 or 2 or 3)
            {
                Remove(path + "/");
                model.Remove(path);
                if (kind != 3)
                {
                    model[path] = (kind, number);
                }
            }
            else
            {
                MakeDirectory(path, kind == 1 ? 1 : Implied);
                if (kind == 4)
                {
                    Remove(path + "/");
                }
            }
        }

        void MakeDirectory(string path, int kind)
        {
            if (kind == 1 || !model.TryGetValue(path, out var there) || there.Kind is not (1 or Implied))
            {
                model[path] = (kind, number);
            }
        }

        void Remove(string prefix)
        {
            foreach (var key in model.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
            {
                model.Remove(key);
            }
        }
    }

    private static IEnumerable<string> Paths(SquashedView view) => view.EnumerateBelow("").Select(e => $"{e.Entry.Path}@{e.Layer}");

    private static (string, int) Read(SquashedView view, string path)
    {
        var file = view.ReadFile(path)!;
        return (Encoding.UTF8.GetString(file.Content!.Value.Span), file.Layer);
    }

    private static async Task<SquashedView> ViewAsync(params Action<LayerWriter>[] layers) => new(await Task.WhenAll(
        layers.Select(add => ReadAsync(LayerWriter.Create(add), new LayerSelection("all", static _ => true)))));

    private static LayerContent Parse(WrittenLayer layer)
    {
        using var parser = new LayerTarParser(new LayerName(ImageReference.Parse("app:1"), layer.Descriptor), LayerSelection.None, new LayerLimits());
        parser.Feed(layer.Content.Span);
        return parser.Complete(layer.DiffId);
    }

    private static Task<LayerContent> ReadAsync(WrittenLayer layer, LayerSelection selection) => new LayerReader(new LayerLimits()).ReadAsync(
        new MemoryStream(layer.Content.ToArray()), new LayerName(ImageReference.Parse("app:1"), layer.Descriptor), layer.DiffId, selection, TestContext.Current.CancellationToken);
}
