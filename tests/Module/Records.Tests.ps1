# Every record through the four ways in which one is kept or handed on, leaf by leaf. records.jsonl has one of each, and no property of them is empty.
BeforeDiscovery {
    $cases = foreach ($line in Get-Content "$PSScriptRoot/records.jsonl") {
        $json = $line | ConvertFrom-Json -AsHashtable
        $name = switch ($true) {
            $json.ContainsKey('ManifestDigest') { 'ImageScanResult'; break }
            $json.ContainsKey('BytesReused') { 'BaseImageUpdate'; break }
            $json.ContainsKey('SuggestedImage') { 'StaleImage'; break }
            $json.ContainsKey('Changes') { 'PatchRollout'; break }
            $json.ContainsKey('PreviousHash') { 'PatchRecord'; break }
            $json.ContainsKey('CommonCount') { 'ImageScanComparison'; break }
            $json.ContainsKey('AffectedDigest') { 'ImageNotification'; break }
            default { 'Workload' }
        }
        @{ Name = $name; Line = $line }
    }
}

BeforeAll {
    Import-Module "$PSScriptRoot/TestSupport.psm1" -Force
    Import-Module (Get-ModuleManifest) -Force

    function Read-Line($Line) { [PatchContainers.Records.RecordJson]::Read($Line, 'the test', $null) }
    function Write-Line($Record) { [PatchContainers.Records.RecordJson]::Write($Record) }
    function Assert-Same($Record, $Line) {
        $Record | Should -HaveCount 1
        $Record[0].GetType().Assembly | Should -Be ([PatchContainers.Staleness.StaleImage].Assembly)
        Write-Line $Record[0] | Should -BeExactly $Line
    }
}

Describe '<Name>' -ForEach $cases {
    It 'passes live' {
        Assert-Same (ConvertTo-Record (Read-Line $Line)) $Line
    }

    It 'survives ConvertTo-Json -Depth 10' {
        $object = Read-Line $Line | ConvertTo-Json -Depth 10 -WarningAction Stop | ConvertFrom-Json
        Assert-Same (ConvertTo-Record $object) $Line
    }

    It 'survives ConvertTo-Json -Depth 10 -EnumsAsStrings, as text' {
        Assert-Same (ConvertTo-Record (Read-Line $Line | ConvertTo-Json -Depth 10 -EnumsAsStrings | Out-String)) $Line
    }

    It 'survives ConvertFrom-Json -AsHashtable' {
        Assert-Same (ConvertTo-Record (, (Read-Line $Line | ConvertTo-Json -Depth 10 | ConvertFrom-Json -AsHashtable))) $Line
    }

    It 'survives Export-Clixml' {
        Read-Line $Line | Export-Clixml "$TestDrive/record.xml"
        $object = Import-Clixml "$TestDrive/record.xml"
        $object.PSTypeNames[0] | Should -BeLike "Deserialized.PatchContainers.*.$Name"
        Assert-Same (ConvertTo-Record $object) $Line
    }

    It 'survives Export-Clixml twice, the second time without its type' {
        Read-Line $Line | Export-Clixml "$TestDrive/record.xml"
        Import-Clixml "$TestDrive/record.xml" | Export-Clixml "$TestDrive/again.xml" -Depth 10
        Assert-Same (ConvertTo-Record (Import-Clixml "$TestDrive/again.xml")) $Line
    }

    It 'survives Start-Job, in both directions' {
        $record = Read-Line $Line
        $job = Start-Job -ArgumentList (Get-ModuleManifest), $record, $Line {
            param($manifest, $given, $line)
            Import-Module $manifest
            [PatchContainers.Records.RecordJson]::Read($line, 'the job', $null)
            $given
        }
        $made, $given = Receive-Job $job -Wait -AutoRemoveJob
        Assert-Same (ConvertTo-Record $made) $Line
        Assert-Same (ConvertTo-Record $given) $Line
    }

    It 'is read from a line of the command line''s JSON' {
        Assert-Same (ConvertTo-Record $Line) $Line
    }

    It 'is an error that names the property when its depth was too small' {
        $record = Read-Line $Line
        foreach ($depth in 1..3) {
            $json = $record | ConvertTo-Json -Depth $depth -WarningAction SilentlyContinue
            if ($json -eq ($record | ConvertTo-Json -Depth 10)) { continue }
            $fault = ConvertTo-Record ($json | ConvertFrom-Json)
            $fault[0] | Should -BeOfType PatchContainers.PatchException
            $fault[0].Code | Should -Be InvalidData
            $fault[0].Message | Should -Match "The property '[\w\[\].]+' of the $Name .*cannot be read.*cut short"
        }
    }
}

Describe 'Lists of a record' {
    It 'gives one element by its place, in what a rollout wrote' {
        $workspace = New-Workspace "$TestDrive/lists"
        $null = Update-AdvisoryDatabase $workspace.Advisories -StatePath $workspace.State
        $rollout = Get-StaleImage $workspace.Web -StatePath $workspace.State | Update-BaseImage -StatePath $workspace.State |
            Start-PatchRollout $workspace.Deploy -Ring staging -StatePath $workspace.State
        foreach ($list in 'Rings', 'Changes', 'Steps') { @($rollout.$list[0]) | Should -HaveCount 1 -Because $list }
        $rollout.Rings[0].Gates[0].Gate | Should -Be policy
    }
}

Describe 'Lists and other inputs' {
    It 'reads a JSON array as several records' {
        $json = Get-Content "$PSScriptRoot/records.jsonl" | ForEach-Object { Read-Line $_ } | ConvertTo-Json -Depth 10
        $records = ConvertTo-Record $json
        $records | Should -HaveCount (Get-Content "$PSScriptRoot/records.jsonl").Count
        $records | ForEach-Object { Write-Line $_ } | Should -Be (Get-Content "$PSScriptRoot/records.jsonl")
    }

    It 'leaves other text as the image name that it is' {
        ConvertTo-Record 'registry.example/app:1.4' | Should -Be 'registry.example/app:1.4'
    }

    It 'reads a selection of properties, by the type that Select-Object keeps' {
        $line = Get-Content "$PSScriptRoot/records.jsonl" | Where-Object { $_ -match 'SuggestedImage' }
        $record = ConvertTo-Record (Read-Line $line | Select-Object Image, Digest, Workloads)
        $record[0] | Should -BeOfType PatchContainers.Staleness.StaleImage
        $record[0].Workloads | Should -HaveCount 1
    }

    It 'says of what is no record that it is none' {
        $fault = ConvertTo-Record ([pscustomobject]@{ Name = 'x' })
        $fault[0].Code | Should -Be InvalidData
        $fault[0].Message | Should -BeLike '*is no record of PatchContainers*'
    }

    It 'says of an object that goes on for ever that it is too deep' {
        $object = [pscustomobject]@{ SuggestedImage = ''; Self = $null }
        $object.Self = $object
        (ConvertTo-Record $object)[0].Code | Should -Be LimitExceeded
    }

    It 'gives everything that a cmdlet writes a serialization depth and a view' {
        $views = @{}
        Select-Xml -Path "$(Split-Path (Get-ModuleManifest))/PatchContainers.Format.ps1xml" -XPath '//TypeName' | ForEach-Object { $views[$_.Node.InnerText] = $true }
        foreach ($type in (Get-Command -Module PatchContainers).OutputType.Type | Sort-Object -Property FullName -Unique) {
            (Get-TypeData $type.FullName).SerializationDepth | Should -Be 10 -Because $type.FullName
            $views[$type.FullName] | Should -BeTrue -Because $type.FullName
        }
    }

    It 'gives every public record a serialization depth' {
        foreach ($line in Get-Content "$PSScriptRoot/records.jsonl") {
            (Read-Line $line).PSStandardMembers.SerializationDepth | Should -Be 10
        }
    }
}
