using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Updating.Rebase;
using Xunit;

namespace PatchContainers.Core.Tests.Updating.Rebase;

public sealed class ConflictFinderTests
{
    /// <summary>Why, old base, new base, application; the paths that are refused, and those that are reported.</summary>
    public static TheoryData<string, Action<LayerWriter>, Action<LayerWriter>, Action<LayerWriter>, string, string> Rows => new()
    {
        { "a file that neither base has", _ => { }, _ => { }, a => a.AddFile("srv/app", "a"), "", "" },
        { "a file equal in both bases", b => b.AddFile("etc/passwd", "p"), b => b.AddFile("etc/passwd", "p"), a => a.AddFile("etc/passwd", "p+me"), "", "" },
        { "other content", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "2"), a => a.AddFile("etc/x", "3"), "etc/x", "" },
        { "other mode", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "1", 0b110_000_000), a => a.AddFile("etc/x", "3"), "etc/x", "" },
        { "other owner", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "1", uid: 5), a => a.AddFile("etc/x", "3"), "etc/x", "" },
        { "other group", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "1", gid: 5), a => a.AddFile("etc/x", "3"), "etc/x", "" },
        { "other link target", b => b.AddSymbolicLink("l", "a"), b => b.AddSymbolicLink("l", "b"), a => a.AddFile("l", "3"), "l", "" },
        { "other type", b => b.AddFile("l", "b"), b => b.AddSymbolicLink("l", "b"), a => a.AddFile("l", "3"), "l", "" },
        { "only the new base has it", _ => { }, b => b.AddFile("etc/x", "2"), a => a.AddFile("etc/x", "3"), "etc/x", "" },
        { "only the old base has it", b => b.AddFile("etc/x", "1"), _ => { }, a => a.AddFile("etc/x", "3"), "etc/x", "" },
        { "what the new base has too", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "2"), a => a.AddFile("etc/x", "2"), "", "" },
        { "a difference nobody touches", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "2"), a => a.AddFile("etc/y", "3"), "", "" },
        { "a removed file that changed", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "2"), a => a.AddWhiteout("etc/x"), "etc/x", "" },
        { "a removed file equal in both", b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "1"), a => a.AddWhiteout("etc/x"), "", "" },
        { "removed by both", b => b.AddFile("etc/x", "1"), _ => { }, a => a.AddWhiteout("etc/x"), "", "" },
        { "a removed directory, a file in which changed", b => b.AddFile("d/e/x", "1"), b => b.AddFile("d/e/x", "2"), a => a.AddWhiteout("d"), "d/e/x", "" },
        { "a removed directory with a new file", b => b.AddFile("d/x", "1"), b => { b.AddFile("d/x", "1"); b.AddFile("d/y", "1"); }, a => a.AddWhiteout("d"), "d/y", "" },
        { "a name that only begins the same", b => b.AddFile("d-more/x", "1"), b => b.AddFile("d-more/x", "2"), a => a.AddWhiteout("d"), "", "" },
        { "an opaque directory with a changed file", b => b.AddFile("d/x", "1"), b => b.AddFile("d/x", "2"), a => a.AddOpaqueWhiteout("d"), "d/x", "" },
        { "a file in a directory's place", b => b.AddFile("d/x", "1"), b => b.AddFile("d/x", "2"), a => a.AddFile("d", "3"), "d/x", "" },
        { "a directory entry equal in both", b => b.AddDirectory("d"), b => b.AddDirectory("d"), a => a.AddDirectory("d", 0b111_000_000), "", "" },
        { "a directory whose mode changed", b => b.AddDirectory("d"), b => b.AddDirectory("d", 0b111_000_000), a => a.AddDirectory("d"), "d", "" },
        { "a directory that one base does not list", b => b.AddFile("d/x", "1"), b => { b.AddDirectory("d"); b.AddFile("d/x", "1"); }, a => a.AddDirectory("d", 0b111_000_000), "", "" },
        { "a directory over a base's link", b => b.AddSymbolicLink("lib", "usr/lib"), b => b.AddSymbolicLink("lib", "usr/lib"), a => a.AddDirectory("lib"), "lib", "" },
        { "a path below a base's link", b => b.AddSymbolicLink("lib", "usr/lib"), b => b.AddSymbolicLink("lib", "usr/lib"), a => a.AddFile("lib/my/x", "1"), "lib", "" },
        { "a path below what became a file", b => b.AddDirectory("d"), b => b.AddFile("d", "1"), a => a.AddFile("d/x", "1"), "d", "" },
        { "a hard link to a base's file that changed", b => b.AddFile("bin/x", "1"), b => b.AddFile("bin/x", "2"), a => a.AddHardLink("bin/y", "bin/x"), "bin/x", "" },
        { "a hard link within the application", b => b.AddFile("bin/x", "1"), b => b.AddFile("bin/x", "2"), a => { a.AddFile("srv/x", "1"); a.AddHardLink("srv/y", "srv/x"); }, "", "" },
        { "a base's hard link is its target's content", b => { b.AddFile("p5.36", "1"); b.AddHardLink("p", "p5.36"); }, b => { b.AddFile("p5.36", "2"); b.AddHardLink("p", "p5.36"); }, a => a.AddFile("p", "3"), "p", "" },
        { "dpkg's database", b => b.AddFile("var/lib/dpkg/status", "1"), b => b.AddFile("var/lib/dpkg/status", "1"), a => a.AddFile("var/lib/dpkg/status", "2"), "var/lib/dpkg/status", "" },
        { "dpkg's database of one package", _ => { }, _ => { }, a => a.AddFile("var/lib/dpkg/status.d/mine", "2"), "var/lib/dpkg/status.d/mine", "" },
        { "apk's database", _ => { }, _ => { }, a => a.AddFile("lib/apk/db/installed", "2"), "lib/apk/db/installed", "" },
        { "apk's database under usr", _ => { }, _ => { }, a => a.AddFile("usr/lib/apk/db/installed", "2"), "usr/lib/apk/db/installed", "" },
        { "rpm's database", _ => { }, _ => { }, a => a.AddFile("var/lib/rpm/rpmdb.sqlite", "2"), "var/lib/rpm/rpmdb.sqlite", "" },
        { "rpm's database where SUSE has it", _ => { }, _ => { }, a => a.AddFile("usr/lib/sysimage/rpm/Packages.db", "2"), "usr/lib/sysimage/rpm/Packages.db", "" },
        { "rpm's lock", _ => { }, _ => { }, a => a.AddFile("var/lib/rpm/.rpm.lock", ""), "", "" },
        { "a removed database", b => b.AddFile("var/lib/dpkg/status", "1"), b => b.AddFile("var/lib/dpkg/status", "1"), a => a.AddWhiteout("var/lib/dpkg"), "var/lib/dpkg/status", "" },
        { "an opaque directory over the database", b => b.AddFile("var/lib/dpkg/status", "1"), b => b.AddFile("var/lib/dpkg/status", "1"), a => a.AddOpaqueWhiteout("var/lib"), "var/lib/dpkg/status", "" },
        { "a file in the place of the database's directory", b => b.AddFile("var/lib/dpkg/status", "1"), b => b.AddFile("var/lib/dpkg/status", "1"), a => a.AddSymbolicLink("var/lib/dpkg", "/x"), "var/lib/dpkg/status", "" },
        { "the loader's cache", b => b.AddFile("etc/ld.so.cache", "1"), b => b.AddFile("etc/ld.so.cache", "2"), a => a.AddFile("etc/ld.so.cache", "3"), "", "etc/ld.so.cache" },
        { "ldconfig's cache", b => b.AddFile("var/cache/ldconfig/aux-cache", "1"), b => b.AddFile("var/cache/ldconfig/aux-cache", "2"), a => a.AddFile("var/cache/ldconfig/aux-cache", "3"), "", "var/cache/ldconfig/aux-cache" },
        { "a log", b => b.AddFile("var/log/dpkg.log", "1"), b => b.AddFile("var/log/dpkg.log", "2"), a => a.AddFile("var/log/dpkg.log", "3"), "", "var/log/dpkg.log" },
        { "a removed cache", b => b.AddFile("var/cache/apt/pkgcache.bin", "1"), b => b.AddFile("var/cache/apt/pkgcache.bin", "2"), a => a.AddWhiteout("var/cache/apt"), "", "var/cache/apt/pkgcache.bin" },
        { "shadow's backup", b => b.AddFile("etc/passwd-", "1"), b => b.AddFile("etc/passwd-", "2"), a => a.AddFile("etc/passwd-", "3"), "", "etc/passwd-" },
        { "dpkg's backup", b => b.AddFile("var/lib/dpkg/status-old", "1"), b => b.AddFile("var/lib/dpkg/status-old", "2"), a => a.AddFile("var/lib/dpkg/status-old", "3"), "", "var/lib/dpkg/status-old" },
        { "a folder that only begins like the caches", b => b.AddFile("var/cachet", "1"), b => b.AddFile("var/cachet", "2"), a => a.AddFile("var/cachet", "3"), "var/cachet", "" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task The_three_way_rule(string why, Action<LayerWriter> oldBase, Action<LayerWriter> newBase, Action<LayerWriter> app, string refused, string reported)
    {
        var found = await FindAsync(oldBase, newBase, app);

        Assert.True(refused == string.Join(' ', found.Rejections.Select(r => r.Path)), $"{why}: {string.Join("; ", found.Rejections)}");
        Assert.True(reported.Length == 0 ? found.Reports.Count == 0 : found.Reports.Single().Contains(reported, StringComparison.Ordinal), why);
    }

    [Fact]
    public async Task A_refusal_names_platform_path_layer_and_history_line_and_what_works_instead()
    {
        var found = await FindAsync(b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "2"), a => a.AddFile("etc/x", "3"));

        var rejection = Assert.Single(found.Rejections);
        Assert.Equal(("linux/amd64", "etc/x", Digest.OfBytes("0"u8).ToString(), "RUN 0"), (rejection.Platform, rejection.Path, rejection.Layer, rejection.HistoryLine));
        Assert.Equal("The layer writes etc/x, and its content is another one in the new base. Rebuild it.", rejection.Reason);
    }

    [Fact]
    public async Task A_path_in_two_layers_is_told_once_and_a_flood_is_summed_up()
    {
        void Many(LayerWriter layer, string content)
        {
            for (var i = 0; i < 30; i++)
            {
                layer.AddFile($"usr/lib/{i:00}", content);
            }
        }

        var found = await FindAsync(b => Many(b, "1"), b => Many(b, "2"), a => Many(a, "3"), a => Many(a, "4"));

        Assert.Equal(26, found.Rejections.Count);
        Assert.Equal((string.Empty, "RUN 0"), (found.Rejections[^1].Path, found.Rejections[^1].HistoryLine));
        Assert.StartsWith("5 further paths", found.Rejections[^1].Reason, StringComparison.Ordinal);
    }

    internal static async Task<LayerContent> ReadAsync(Action<LayerWriter> fill)
    {
        var written = LayerWriter.Create(fill);
        using var blob = new MemoryStream(written.Content.ToArray());
        return await new LayerReader(new LayerLimits()).ReadAsync(
            blob, new LayerName(ImageReference.Parse("oci:test"), written.Descriptor), written.DiffId, LayerSelection.None, TestContext.Current.CancellationToken);
    }

    private static async Task<Conflicts> FindAsync(Action<LayerWriter> oldBase, Action<LayerWriter> newBase, params Action<LayerWriter>[] layers)
    {
        var app = new List<ApplicationLayer>();
        for (var i = 0; i < layers.Length; i++)
        {
            app.Add(new ApplicationLayer(Digest.OfBytes(System.Text.Encoding.UTF8.GetBytes($"{i}")), $"RUN {i}", await ReadAsync(layers[i])));
        }

        return ConflictFinder.Find(new SquashedView([await ReadAsync(oldBase)]), new SquashedView([await ReadAsync(newBase)]), app, "linux/amd64", "Rebuild it.");
    }
}
