using System.Runtime.InteropServices;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests;

public sealed class DurableFileTests : IDisposable
{
    private const int Nobody = 65534;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_written_and_replaced_and_nothing_else_is_left()
    {
        await DurableFile.WriteAsync(_folder["file"], "old"u8.ToArray(), Token);
        await DurableFile.WriteAsync(_folder["file"], "new"u8.ToArray(), Token);
        Assert.Equal("new", await File.ReadAllTextAsync(_folder["file"], Token));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_reader_who_holds_the_old_file_goes_on_reading_it()
    {
        await DurableFile.WriteAsync(_folder["file"], "old"u8.ToArray(), Token);
        using var reader = new StreamReader(new FileStream(_folder["file"], FileMode.Open, FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete));
        await DurableFile.WriteAsync(_folder["file"], "new"u8.ToArray(), Token);
        Assert.Equal("old", await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task What_fails_leaves_everything_as_it_was()
    {
        Directory.CreateDirectory(_folder["folder", "inner"]);
        await Assert.ThrowsAnyAsync<IOException>(() => DurableFile.WriteAsync(_folder["folder"], "new"u8.ToArray(), Token));
        await Assert.ThrowsAnyAsync<IOException>(() => DurableFile.WriteAsync(_folder["none", "file"], "new"u8.ToArray(), Token));
        await DurableFile.WriteAsync(_folder["file"], "old"u8.ToArray(), Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            DurableFile.WriteAsync(_folder["file"], "new"u8.ToArray(), new CancellationToken(canceled: true)));
        Assert.Equal("old", await File.ReadAllTextAsync(_folder["file"], Token));
        Assert.Equal(["file", "folder"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_link_is_not_made_over_a_file_or_to_none()
    {
        await File.WriteAllTextAsync(_folder["a"], "a", Token);
        await File.WriteAllTextAsync(_folder["b"], "b", Token);
        Assert.False(DurableFile.TryHardLink(_folder["a"], _folder["b"]));
        Assert.False(DurableFile.TryHardLink(_folder["none"], _folder["c"]));
        Assert.True(DurableFile.TryHardLink(_folder["a"], _folder["d"]));
        Assert.Equal(("b", "a"), (await File.ReadAllTextAsync(_folder["b"], Token), await File.ReadAllTextAsync(_folder["d"], Token)));
    }

    [Fact]
    public void A_file_that_is_written_is_never_called_unwritten_because_its_folder_could_not_be_flushed()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Only there a thread can give up its rights.");
            return;
        }

        File.WriteAllText(_folder["temporary"], "new");
        File.WriteAllText(_folder["file"], "old");
        var mode = File.GetUnixFileMode(_folder.Path);
        Exception? thrown = null;
        var isBound = true;

        // The thread alone becomes somebody whom a mode stops, and ends with it.
        var thread = new Thread(() =>
        {
            isBound = !Environment.IsPrivilegedProcess || (SetFileUser(Nobody) >= 0 && SetFileUser(-1) == Nobody);
            thrown = isBound ? Record.Exception(() => DurableFile.Replace(_folder["temporary"], _folder["file"])) : null;
        });
        try
        {
            // Names may be changed in it, but it cannot be opened.
            File.SetUnixFileMode(_folder.Path, (UnixFileMode)Convert.ToInt32("333", 8));
            thread.Start();
            thread.Join();
        }
        finally
        {
            File.SetUnixFileMode(_folder.Path, mode);
        }

        Assert.SkipUnless(isBound, "The rights of root cannot be given up here.");
        var error = Assert.IsType<PatchException>(thrown);
        Assert.Equal((PatchErrorCode.FileError, _folder["file"]), (error.Code, error.Target));
        Assert.Contains("is written, but a power cut might bring its old content back", error.Message, StringComparison.Ordinal);
        Assert.Equal("new", File.ReadAllText(_folder["file"]));
    }

    [DllImport("libc", EntryPoint = "setfsuid")]
    private static extern int SetFileUser(int user);
}
