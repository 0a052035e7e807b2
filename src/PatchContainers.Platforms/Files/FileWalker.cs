namespace PatchContainers.Platforms.Files;

/// <summary>
/// Lists the files below a folder that may hold workloads, in the order of their names. Hidden files and folders are passed over; a link
/// to a file is a file, a link to a folder is not entered, so that a walk ends and stays below its root.
/// </summary>
internal sealed class FileWalker(string root, IProgress<PatchNotice> notices)
{
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase) { ".yaml", ".yml", ".json" };

    /// <summary>The files, by full path.</summary>
    public IEnumerable<string> Files()
    {
        var folders = new Stack<string>();
        folders.Push(root);
        while (folders.TryPop(out var folder))
        {
            var inner = new List<string>();
            foreach (var entry in List(folder))
            {
                if (IsHidden(entry))
                {
                    continue;
                }

                if (entry is DirectoryInfo { LinkTarget: null })
                {
                    inner.Add(entry.FullName);
                }
                else if (entry is DirectoryInfo)
                {
                    ReportLink(entry);
                }
                else if (Extensions.Contains(entry.Extension))
                {
                    yield return entry.FullName;
                }
            }

            inner.Reverse();
            inner.ForEach(folders.Push);
        }
    }

    private FileSystemInfo[] List(string folder)
    {
        try
        {
            var entries = new DirectoryInfo(folder).GetFileSystemInfos();
            Array.Sort(entries, (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return entries;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notices.Report(new PatchNotice.Failure(new PatchException(PatchErrorCode.FileError, folder,
                $"The folder '{folder}' cannot be read: {e.Message}", e)));
            return [];
        }
    }

    private void ReportLink(FileSystemInfo link)
    {
        var target = RealPath.Of(link.FullName);
        var real = RealPath.Of(root);
        var below = Path.TrimEndingDirectorySeparator(real) + Path.DirectorySeparatorChar;
        if (target == real || target.StartsWith(below, StringComparison.Ordinal))
        {
            notices.Report(new PatchNotice.Verbose($"'{link.FullName}' links to a folder that is read where it lies."));
        }
        else
        {
            notices.Report(new PatchNotice.Warning(
                $"'{link.FullName}' links to the folder '{target}', outside '{root}'. It was not read; name that folder to have it read."));
        }
    }

    private static bool IsHidden(FileSystemInfo entry) =>
        entry.Name.StartsWith('.') || (OperatingSystem.IsWindows() && entry.Attributes.HasFlag(FileAttributes.Hidden));
}
