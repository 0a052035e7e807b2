using System.Diagnostics;
using PatchContainers.Platforms.Files;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Files;

public sealed class FileReplacementTests : IDisposable
{
    private const string Text = "services: {web: {image: 'registry.example/shop/web:1.2'}}\n";
    private static readonly string NewText = Text.Replace("registry.example/shop/web:1.2", FileSet.NewImage, StringComparison.Ordinal);

    private readonly FileSet _files = new();

    [Theory]
    [InlineData(0x1A4)]
    [InlineData(0x180)]
    [InlineData(0x1FD)]
    [InlineData(0x1B0)]
    public async Task The_mode_stays(int mode)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes.");
            return;
        }

        var path = _files.Write("compose.yaml", Text);
        File.SetUnixFileMode(path, (UnixFileMode)mode);
        await ApplyAsync("compose.yaml");
        Assert.Equal((UnixFileMode)mode, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task The_owner_stays()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux can give files away.");
        var path = _files.Write("compose.yaml", Text);
        UnixFile.SetOwner(path, new FileOwner(1234, 2345, 1));
        await ApplyAsync("compose.yaml");
        Assert.Equal(new FileOwner(1234, 2345, 1), UnixFile.OwnerOf(path));
        Assert.Equal(NewText, _files.ReadText("compose.yaml"));
    }

    [Fact]
    public void A_file_that_cannot_be_given_back_to_its_owner_is_left_as_it_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux can make the file this needs.");
        var path = _files.Write("compose.yaml", Text);
        UnixFile.SetOwner(path, new FileOwner(1234, 2345, 1));
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0x1B6);
            File.SetUnixFileMode(_files.Root, (UnixFileMode)0x1FF);
        }

        PatchException? fault = null;
        UnprivilegedThread.Run(() => fault = Assert.Throws<PatchException>(() => FileReplacement.Write(path, Bytes(Text), Bytes(NewText))));
        Assert.Equal(PatchErrorCode.FileError, fault!.Code);
        Assert.Contains("and is as it was: It belongs to user 1234 and group 2345", fault.Message);
        Assert.Equal(Text, _files.ReadText("compose.yaml"));
        Assert.Equal(["compose.yaml"], Directory.EnumerateFileSystemEntries(_files.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_linked_file_is_edited_where_it_lies_and_the_link_stays()
    {
        _files.Write("real/compose.yaml", Text);
        Directory.CreateSymbolicLink(_files["folder"], "real");
        File.CreateSymbolicLink(_files["first.yaml"], "folder/compose.yaml");
        File.CreateSymbolicLink(_files["second.yaml"], _files["first.yaml"]);
        await ApplyAsync("second.yaml");
        Assert.Equal("folder/compose.yaml", new FileInfo(_files["first.yaml"]).LinkTarget);
        Assert.Equal(_files["first.yaml"], new FileInfo(_files["second.yaml"]).LinkTarget);
        Assert.Null(new FileInfo(_files["real/compose.yaml"]).LinkTarget);
        Assert.Equal(NewText, _files.ReadText("real/compose.yaml"));
        Assert.Equal(["compose.yaml"], Directory.EnumerateFiles(_files["real"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_read_only_file_is_refused_and_stays()
    {
        var path = _files.Write("compose.yaml", Text);
        var change = FileSet.Change(await _files.OneAsync("compose.yaml"));
        File.SetAttributes(path, FileAttributes.ReadOnly);
        var check = Assert.Single(await _files.CheckAsync(change));
        Assert.Equal(ChangeStatus.Refused, check.Status);
        Assert.Equal($"'{path}' is read-only. Make it writable, or leave it out.", check.Detail);
        var applied = await _files.ApplyAsync(change);
        Assert.Equal((ChangeStatus.Failed, check.Detail), (applied.Status, applied.Detail));
        File.SetAttributes(path, FileAttributes.Normal);
        Assert.Equal(Text, _files.ReadText("compose.yaml"));
        await ApplyAsync("compose.yaml");
        File.SetAttributes(path, FileAttributes.ReadOnly);
        var reverted = await _files.RevertAsync(change);
        Assert.Equal(ChangeStatus.Failed, reverted.Status);
        File.SetAttributes(path, FileAttributes.Normal);
        Assert.Equal(NewText, _files.ReadText("compose.yaml"));
    }

    [Fact]
    public async Task A_file_with_two_names_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the number of names is not known.");
        var path = _files.Write("compose.yaml", Text);
        using var made = Process.Start("ln", [path, _files["other.txt"]]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        var check = Assert.Single(await _files.CheckAsync(FileSet.Change(await _files.OneAsync("compose.yaml"))));
        Assert.Equal(ChangeStatus.Refused, check.Status);
        Assert.Contains("has 2 names (hard links)", check.Detail);
    }

    [Fact]
    public void A_file_that_someone_else_changed_meanwhile_is_left_as_it_is()
    {
        var path = _files.Write("compose.yaml", Text);
        var e = Assert.Throws<PatchException>(() => FileReplacement.Write(path, "something else"u8, "new"u8.ToArray()));
        Assert.Equal(PatchErrorCode.Conflict, e.Code);
        Assert.Equal(Text, _files.ReadText("compose.yaml"));
        Assert.Equal(["compose.yaml"], Directory.EnumerateFileSystemEntries(_files.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_a_killed_process_left_behind_is_removed_and_what_a_live_one_holds_is_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows removes nothing.");
        _files.Write("compose.yaml", Text);
        _files.Write(".compose.yaml.0011AABB.patchcontainers", "half");
        _files.Write(".compose.yaml.0012AABB.patchcontainers", string.Empty);
        _files.Write(".other.yaml.0011AABB.patchcontainers", "another file's");
        using (var made = Process.Start("mkfifo", _files[".compose.yaml.0033AABB.patchcontainers"]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        using var held = new FileStream(_files[".compose.yaml.0022AABB.patchcontainers"], FileMode.CreateNew, FileAccess.Write,
            FileShare.None);
        held.Write("half"u8);
        held.Flush();
        await ApplyAsync("compose.yaml");
        Assert.Equal([".compose.yaml.0022AABB.patchcontainers", ".compose.yaml.0033AABB.patchcontainers",
                ".other.yaml.0011AABB.patchcontainers", "compose.yaml"],
            Directory.EnumerateFileSystemEntries(_files.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Readers_see_the_old_text_or_the_new_and_never_a_part()
    {
        var path = _files.Write("compose.yaml", Text);
        var change = FileSet.Change(await _files.OneAsync("compose.yaml"));
        var seen = new HashSet<string>();
        using var done = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                seen.Add(File.ReadAllText(path));
            }
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++)
        {
            await _files.ApplyAsync(change);
            await _files.RevertAsync(change);
        }

        await done.CancelAsync();
        await reader;
        Assert.Subset(new HashSet<string> { Text, NewText }, seen);
    }

    private async Task ApplyAsync(string name)
    {
        var change = FileSet.Change(await _files.OneAsync(name));
        Assert.Equal(ChangeStatus.Planned, Assert.Single(await _files.CheckAsync(change)).Status);
        var written = await _files.ApplyAsync(change);
        Assert.True(written.Status == ChangeStatus.Written, written.Detail);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    public void Dispose() => _files.Dispose();
}
